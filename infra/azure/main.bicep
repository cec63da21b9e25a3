// The portal on Azure Functions, Flex Consumption. A starting point, not deployed yet: docs/decisions/0009-azure-flex-consumption.md.
//   az deployment group create -g <group> -f infra/azure/main.bicep -p infra/azure/main.example.bicepparam
targetScope = 'resourceGroup'

@description('Near the database: Neon in Sydney.')
param location string = 'australiaeast'

@description('Name of the function app, part of its address.')
@minLength(2)
@maxLength(60)
param appName string

@description('An existing vault in this resource group, with role-based access, that holds the secrets listed below.')
param keyVaultName string

@description('Clerk Frontend API URL.')
param clerkIssuer string

@description('The sender of mail: an address of a domain that Resend has verified.')
param mailFrom string

@description('Origins of the portal, separated by commas: accepted as azp and by CORS.')
param portalOrigins string

@description('The page of the portal that an invitation leads to.')
param inviteRedirectUrl string

@description('The page of the portal that takes a share token, ending with a slash.')
param sharePageUrl string

@description('Id of the key for new share tokens; its secret is called ShareLinks-Keys-<id>.')
param shareLinkKeyId string = 'k1'

param maximumInstanceCount int = 40

@description('Id of the key that signs the seals of the audit log; a new id with every new key.')
param auditKeyId string = 'a1'

@description('Instances that are always ready for HTTP: 0 saves money, 1 saves the cold start.')
param alwaysReadyHttp int = 0

var suffix = uniqueString(resourceGroup().id, appName)
var storageName = 'st${suffix}'
var packages = 'packages'

// Setting → secret. Vault names allow no underscores or colons.
var secrets = {
  Database__App: 'Database-App'
  Database__System: 'Database-System'
  Mux__TokenId: 'Mux-TokenId'
  Mux__TokenSecret: 'Mux-TokenSecret'
  Mux__WebhookSecret: 'Mux-WebhookSecret'
  Clerk__SecretKey: 'Clerk-SecretKey'
  Clerk__WebhookSecret: 'Clerk-WebhookSecret'
  Resend__ApiKey: 'Resend-ApiKey'
  Resend__WebhookSecret: 'Resend-WebhookSecret'
  Mux__SigningKeyId: 'Mux-SigningKeyId'
  Mux__SigningPrivateKey: 'Mux-SigningPrivateKey'
  Blob__ReadWriteToken: 'Blob-ReadWriteToken'
  'ShareLinks__Keys__${shareLinkKeyId}': 'ShareLinks-Keys-${shareLinkKeyId}'
  Privacy__HashKey: 'Privacy-HashKey'
  Paging__CursorKey: 'Paging-CursorKey'
  Mail__UnsubscribeKey: 'Mail-UnsubscribeKey'
  'Audit__Keys__${auditKeyId}': 'Audit-Keys-${auditKeyId}'
  Operations__DurableKey: 'Operations-DurableKey'
}
var secretSettings = toObject(items(secrets), entry => entry.key, entry => '@Microsoft.KeyVault(VaultName=${keyVaultName};SecretName=${entry.value})')

// Built-in roles. Durable's Azure Storage provider wants blobs, queues and tables.
var storageRoles = [
  'b7e6dc6d-f1e8-4753-8033-0f276bb0955b' // Storage Blob Data Owner
  '974c5e8b-45b9-4653-ba55-5f855dd0fb88' // Storage Queue Data Contributor
  '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3' // Storage Table Data Contributor
]
var keyVaultSecretsUser = '4633458b-17de-408a-b874-0445c86b69e6'
var monitoringMetricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb'

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: 'id-${appName}'
  location: location
}

resource logs 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: 'log-${appName}'
  location: location
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: 30
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: 'appi-${appName}'
  location: location
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: logs.id
    DisableLocalAuth: true
  }
}

resource storage 'Microsoft.Storage/storageAccounts@2023-05-01' = {
  name: storageName
  location: location
  kind: 'StorageV2'
  sku: { name: 'Standard_ZRS' }
  properties: {
    allowBlobPublicAccess: false
    allowSharedKeyAccess: false
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
  }

  resource blobs 'blobServices' = {
    name: 'default'

    resource container 'containers' = {
      name: packages
    }
  }
}

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: keyVaultName
}

resource storageAccess 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for role in storageRoles: {
  name: guid(storage.id, identity.id, role)
  scope: storage
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
  }
}]

resource vaultAccess 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, identity.id, keyVaultSecretsUser)
  scope: vault
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', keyVaultSecretsUser)
  }
}

resource insightsAccess 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(insights.id, identity.id, monitoringMetricsPublisher)
  scope: insights
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', monitoringMetricsPublisher)
  }
}

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: 'plan-${appName}'
  location: location
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2024-04-01' = {
  name: appName
  location: location
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identity.id}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identity.id
    functionAppConfig: {
      runtime: {
        name: 'dotnet-isolated'
        version: '10.0'
      }
      scaleAndConcurrency: {
        instanceMemoryMB: 2048
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: alwaysReadyHttp == 0 ? [] : [{ name: 'http', instanceCount: alwaysReadyHttp }]
      }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${storage.properties.primaryEndpoints.blob}${packages}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identity.id
          }
        }
      }
    }
    siteConfig: {
      // No cors here: the platform would answer preflights itself, without the headers that the app exposes.
      minTlsVersion: '1.2'
    }
  }
  dependsOn: [storageAccess, vaultAccess, insightsAccess, storage::blobs::container]

  resource settings 'config' = {
    name: 'appsettings'
    properties: union(secretSettings, {
      // Durable takes AzureWebJobsStorage too: its default provider is Azure Storage.
      AzureWebJobsStorage__accountName: storage.name
      AzureWebJobsStorage__credential: 'managedidentity'
      AzureWebJobsStorage__clientId: identity.properties.clientId
      APPLICATIONINSIGHTS_CONNECTION_STRING: insights.properties.ConnectionString
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.properties.clientId};Authorization=AAD'
      Clerk__Issuer: clerkIssuer
      Clerk__AuthorizedParties: portalOrigins
      Clerk__InviteRedirectUrl: inviteRedirectUrl
      Resend__From: mailFrom
      Audit__CurrentKey: auditKeyId
      Mail__PortalUrl: split(portalOrigins, ',')[0]
      Mail__ApiUrl: 'https://${app.properties.defaultHostName}'
      SealAuditSchedule: '0 * * * * *'
      SweepOutboxSchedule: '*/5 * * * * *'
      SendDigestsSchedule: '0 */15 * * * *'
      ExpireInvitesSchedule: '0 */5 * * * *'
      ExpireShareLinksSchedule: '20 * * * * *'
      SweepMuxAssetsSchedule: '0 7 * * * *'
      RollupAnalyticsSchedule: '0 12 * * * *'
      DailyChecksSchedule: '0 10 15 * * *'
      PruneRetentionSchedule: '0 40 15 * * *'
      ResidencyReportSchedule: '0 25 * * * *'
      Http__AllowedOrigins: portalOrigins
      // Azure's front end appends the client's address.
      Http__TrustedProxies: '1'
      Blob__CallbackUrl: 'https://${app.properties.defaultHostName}/api/webhooks/blob'
      Operations__DurableUrl: 'https://${app.properties.defaultHostName}/runtime/webhooks/durabletask'
      ShareLinks__CurrentKey: shareLinkKeyId
      ShareLinks__PageUrl: sharePageUrl
    })
  }
}

output address string = 'https://${app.properties.defaultHostName}'
output muxWebhook string = 'https://${app.properties.defaultHostName}/api/webhooks/mux'
output clerkWebhook string = 'https://${app.properties.defaultHostName}/api/webhooks/clerk'
output resendWebhook string = 'https://${app.properties.defaultHostName}/api/webhooks/resend'
