// The portal on Azure Functions, Flex Consumption: docs/decisions/0009-azure-flex-consumption.md. Each installation has a parameter file:
//   az deployment group create -g <group> -p infra/azure/staging.bicepparam
targetScope = 'resourceGroup'

@description('Near the database: Neon in Sydney.')
param location string = 'australiaeast'

@description('Name of the function app, part of its address. The Functions host takes the first 32 characters for its id.')
@minLength(2)
@maxLength(32)
param appName string

@description('Name of the vault with the secrets listed below; unique in the world.')
@minLength(3)
@maxLength(24)
param keyVaultName string

@description('Clerk Frontend API URL, without a slash at the end.')
param clerkIssuer string

@description('The sender of mail: an address of a domain that Resend has verified.')
param mailFrom string

@description('Origins of the portal, accepted as azp and by CORS. Mails link to the first.')
@minLength(1)
param portalOrigins string[]

@description('The page of the portal that an invitation leads to.')
param inviteRedirectUrl string

@description('The page that takes a share token, ending with a slash, where the portal brings its own. Empty: that of the app.')
param sharePageUrl string = ''

@description('Whom people write to about their data, an e-mail address or a page: shown with the privacy notice.')
@minLength(1)
param privacyContact string

@description('Ids of the keys of share tokens, the current one first; old ones while their links live. Secret: ShareLinks-Keys-<id>.')
@minLength(1)
param shareLinkKeyIds string[] = ['k1']

@description('Ids of the keys that seal the audit log, the current one first, then all earlier ones. Secret: Audit-Keys-<id>.')
@minLength(1)
param auditKeyIds string[] = ['a1']

@description('Ids of the keys that secrets of webhook endpoints are made from, the current one first; old ones until each endpoint has rotated. Secret: OutboundWebhooks-Keys-<id>.')
@minLength(1)
param webhookKeyIds string[] = ['w1']

@description('On-call is paged by PagerDuty; false where there is no routing key in the vault.')
param paging bool = true

@description('What can wait until the morning goes to a second service of PagerDuty, whose urgency is low; false where its routing key is not in the vault.')
param lowUrgencyPaging bool = true

@description('PagerDuty tells what is done with incidents there; false where the secret of its webhook is not in the vault.')
param pagingWebhook bool = true

@description('When keys and certificates that nobody renews by machine run out: name=yyyy-MM-dd, separated by commas.')
param expiring string = ''

@description('How many instances there may be at once.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Requests that an instance gets at once before another is started. People who wait for changes count: docs/azure.md.')
@minValue(16)
@maxValue(1000)
param httpConcurrency int = 200

@description('Instances that are always ready for HTTP: 0 saves money, 1 saves the cold start.')
param alwaysReadyHttp int = 0

@description('Memory of an instance.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('Standard_ZRS survives the loss of a zone, Standard_LRS is cheaper.')
@allowed(['Standard_LRS', 'Standard_ZRS'])
param storageSku string = 'Standard_ZRS'

@description('How long logs and traces are kept.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 30

var suffix = uniqueString(resourceGroup().id, appName)
var storageName = 'st${suffix}'
var packages = 'packages'

// Setting → secret. Vault names allow no underscores or colons.
var secrets = union(
  toObject(shareLinkKeyIds, id => 'ShareLinks__Keys__${id}', id => 'ShareLinks-Keys-${id}'),
  toObject(auditKeyIds, id => 'Audit__Keys__${id}', id => 'Audit-Keys-${id}'),
  toObject(webhookKeyIds, id => 'OutboundWebhooks__Keys__${id}', id => 'OutboundWebhooks-Keys-${id}'),
  paging ? { PagerDuty__RoutingKey: 'PagerDuty-RoutingKey' } : {},
  lowUrgencyPaging ? { PagerDuty__LowUrgencyRoutingKey: 'PagerDuty-LowUrgencyRoutingKey' } : {},
  pagingWebhook ? { PagerDuty__WebhookSecret: 'PagerDuty-WebhookSecret' } : {},
  {
    Database__App: 'Database-App'
    Database__System: 'Database-System'
    Mux__TokenId: 'Mux-TokenId'
    Mux__TokenSecret: 'Mux-TokenSecret'
    Mux__WebhookSecret: 'Mux-WebhookSecret'
    Mux__SigningKeyId: 'Mux-SigningKeyId'
    Mux__SigningPrivateKey: 'Mux-SigningPrivateKey'
    Clerk__SecretKey: 'Clerk-SecretKey'
    Clerk__WebhookSecret: 'Clerk-WebhookSecret'
    Resend__ApiKey: 'Resend-ApiKey'
    Resend__WebhookSecret: 'Resend-WebhookSecret'
    Blob__ReadWriteToken: 'Blob-ReadWriteToken'
    Privacy__HashKey: 'Privacy-HashKey'
    Paging__CursorKey: 'Paging-CursorKey'
    Mail__UnsubscribeKey: 'Mail-UnsubscribeKey'
    Operations__DurableKey: 'Operations-DurableKey'
    Alerts__WebhookSecret: 'Alerts-WebhookSecret'
  }
)
var withoutPaging = {
  PagerDuty__RoutingKey: ''
  PagerDuty__LowUrgencyRoutingKey: ''
  PagerDuty__WebhookSecret: ''
}
var secretSettings = toObject(
  items(secrets),
  entry => entry.key,
  entry => '@Microsoft.KeyVault(VaultName=${keyVaultName};SecretName=${entry.value})'
)

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
    retentionInDays: logRetentionDays
    features: { disableLocalAuth: true }
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
  sku: { name: storageSku }
  properties: {
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    // Nobody but the identity gets in: there is no key to leak, and no SAS that a key has signed.
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
  }

  resource blobs 'blobServices' = {
    name: 'default'
    properties: {
      containerDeleteRetentionPolicy: { enabled: true, days: 7 }
      deleteRetentionPolicy: { enabled: true, days: 7 }
    }

    resource container 'containers' = {
      name: packages
      properties: { publicAccess: 'None' }
    }
  }
}

// A lost key of the audit log's seals or of share tokens cannot be made again. For 90 days a deleted secret, or the vault itself, can be
// recovered, and nobody can purge it before.
resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: keyVaultName
  location: location
  properties: {
    sku: { family: 'A', name: 'standard' }
    tenantId: tenant().tenantId
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    enablePurgeProtection: true
  }
}

resource storageAccess 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in storageRoles: {
    name: guid(storage.id, identity.id, role)
    scope: storage
    properties: {
      principalId: identity.properties.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    }
  }
]

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
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        triggers: { http: { perInstanceConcurrency: httpConcurrency } }
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
      scmMinTlsVersion: '1.2'
    }
  }
  dependsOn: [storageAccess, vaultAccess, insightsAccess, storage::blobs::container]

  // `az` deploys with the token of whoever is signed in: no password opens the app's deployment endpoint.
  resource ftp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }

  resource scm 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }

  resource settings 'config' = {
    name: 'appsettings'
    // Without a routing key nobody is paged.
    properties: union(withoutPaging, secretSettings, {
      // Durable takes AzureWebJobsStorage too: its default provider is Azure Storage.
      AzureWebJobsStorage__accountName: storage.name
      AzureWebJobsStorage__credential: 'managedidentity'
      AzureWebJobsStorage__clientId: identity.properties.clientId
      // The app's routes start at the root (host.json); the host's own page there would answer first.
      AzureWebJobsDisableHomepage: 'true'
      APPLICATIONINSIGHTS_CONNECTION_STRING: insights.properties.ConnectionString
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.properties.clientId};Authorization=AAD'
      Mux__UploadTimeout: '1.00:00:00'
      Mux__CallTimeout: '00:00:20'
      Mux__PostGap: '00:00:01'
      Clerk__Issuer: clerkIssuer
      Clerk__AuthorizedParties: join(portalOrigins, ',')
      Clerk__JwksUrl: '${clerkIssuer}/.well-known/jwks.json'
      Clerk__InviteRedirectUrl: inviteRedirectUrl
      Resend__From: mailFrom
      Blob__CallbackUrl: '${address}/api/webhooks/blob'
      PagerDuty__Source: appName
      Alerts__Expiring: expiring
      ShareLinks__CurrentKey: shareLinkKeyIds[0]
      ShareLinks__PageUrl: sharePageUrl
      Privacy__Contact: privacyContact
      Audit__CurrentKey: auditKeyIds[0]
      OutboundWebhooks__CurrentKey: webhookKeyIds[0]
      Mail__PortalUrl: portalOrigins[0]
      Mail__ApiUrl: address
      Http__AllowedOrigins: join(portalOrigins, ',')
      // Nothing stands in front of the app: the host tells it who called, and no header is believed. Behind Front Door this is the header
      // in which it writes the client's address.
      Http__ClientAddressHeader: ''
      Http__MaxConcurrentRequests: '100'
      Changes__LookEvery: '00:00:00.5'
      Changes__ReadAgainAfter: '00:00:15'
      Changes__MaxWaiting: '1000'
      Changes__WaitsPerPerson: '4'
      Changes__ReadsAtOnce: '8'
      Limits__UserPerMinute: '600'
      Limits__TenantPerMinute: '6000'
      Limits__PlaybacksPerMinute: '100'
      Limits__UploadsPerDay: '20'
      Limits__FailedAttemptsPerMinute: '20'
      Limits__AuditReadsPerMinute: '10'
      Operations__DurableUrl: '${address}/runtime/webhooks/durabletask'
      Operations__SessionLifetime: '08:00:00'
      SweepOutboxSchedule: '*/5 * * * * *'
      SendDigestsSchedule: '0 */15 * * * *'
      SealAuditSchedule: '0 * * * * *'
      ExpireInvitesSchedule: '0 */5 * * * *'
      ExpireShareLinksSchedule: '20 * * * * *'
      SweepMuxAssetsSchedule: '0 7 * * * *'
      DailyChecksSchedule: '0 10 15 * * *'
      RollupAnalyticsSchedule: '0 12 * * * *'
      PruneRetentionSchedule: '0 40 15 * * *'
      ResidencyReportSchedule: '0 25 * * * *'
    })
  }
}

var address = 'https://${app.properties.defaultHostName}'

output address string = address
output muxWebhook string = '${address}/api/webhooks/mux'
output clerkWebhook string = '${address}/api/webhooks/clerk'
output alertsWebhook string = '${address}/api/webhooks/alerts'
output pagerDutyWebhook string = '${address}/api/webhooks/pagerduty'
output resendWebhook string = '${address}/api/webhooks/resend'
