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

@description('Incidents of security go to a service of PagerDuty of their own; false where its routing key is not in the vault: they go to the one that wakes people.')
param securityPaging bool = true

@description('PagerDuty tells what is done with incidents there; false where the secret of its webhook is not in the vault.')
param pagingWebhook bool = true

@description('Usage exports of Mux are read, which a paid plan has once they are switched on there; false where no token of the account\'s system is in the vault.')
param muxUsageExports bool = false

@description('When keys and certificates that nobody renews by machine run out: name=yyyy-MM-dd, separated by commas.')
param expiring string = ''

@description('Id of the share link that is opened every minute as a guest does (docs/playbook/operations/the-playback-probe.md); empty: none is.')
param probeShareLinkId string = ''

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

@description('Share of requests that is traced, as a number from 0 to 1. Work that goes on after a request is traced always.')
param traceSampleRatio string = '0.2'

@description('Who gets mail about what the portal itself cannot tell of: that it is down. Empty: nobody, the alerts are in Azure alone.')
param azureAlertEmails string[] = []

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
  securityPaging ? { PagerDuty__SecurityRoutingKey: 'PagerDuty-SecurityRoutingKey' } : {},
  muxUsageExports ? { Mux__SystemTokenId: 'Mux-SystemTokenId', Mux__SystemTokenSecret: 'Mux-SystemTokenSecret' } : {},
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
var withoutSecrets = {
  Mux__SystemTokenId: ''
  Mux__SystemTokenSecret: ''
  PagerDuty__RoutingKey: ''
  PagerDuty__LowUrgencyRoutingKey: ''
  PagerDuty__SecurityRoutingKey: ''
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
    properties: union(withoutSecrets, secretSettings, {
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
      Probe__ShareLinkId: probeShareLinkId
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
      Limits__LinksPerAddress: '20'
      Limits__AddressesPerLink: '50'
      Limits__Mode: 'enforce'
      Limits__Observed: ''
      Costs__Prices__encoded: '0'
      Costs__Prices__stored: '0.003'
      Costs__Prices__delivered: '0.001'
      Costs__Prices__originals: '0.023'
      Costs__Prices__mails: '0.0004'
      Operations__DurableUrl: '${address}/runtime/webhooks/durabletask'
      Operations__SessionLifetime: '08:00:00'
      // Not by the host's setting: the Functions host would send paths (docs/azure.md).
      Telemetry__AzureMonitor: insights.properties.ConnectionString
      Telemetry__AzureClientId: identity.properties.clientId
      Telemetry__OtlpUrl: ''
      Telemetry__SampleRatio: traceSampleRatio
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

// What the portal cannot tell of itself, for it has to run to tell: docs/azure.md#alerts-from-outside.
resource outside 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'ag-${appName}'
  location: 'global'
  properties: {
    groupShortName: 'portal'
    enabled: true
    emailReceivers: [
      for (email, index) in azureAlertEmails: {
        name: 'operator-${index}'
        emailAddress: email
        useCommonAlertSchema: true
      }
    ]
  }
}

// Ready needs the app and its database, so that one question tells of both.
resource readiness 'Microsoft.Insights/webtests@2022-06-15' = {
  name: 'ready-${appName}'
  location: location
  kind: 'standard'
  tags: { 'hidden-link:${insights.id}': 'Resource' }
  properties: {
    Name: 'ready-${appName}'
    SyntheticMonitorId: 'ready-${appName}'
    Kind: 'standard'
    Enabled: true
    Frequency: 300
    Timeout: 30
    RetryEnabled: true
    Locations: [
      { Id: 'emea-au-syd-edge' }
      { Id: 'apac-sg-sin-azr' }
      { Id: 'us-ca-sjc-azr' }
    ]
    Request: {
      HttpVerb: 'GET'
      RequestUrl: '${address}/api/health/ready'
      ParseDependentRequests: false
    }
    ValidationRules: {
      ExpectedHttpStatusCode: 200
      SSLCheck: true
      SSLCertRemainingLifetimeCheck: 14
    }
  }
}

resource down 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'down-${appName}'
  location: 'global'
  properties: {
    description: 'Two of three places cannot reach /api/health/ready: the app or its database is down. docs/playbook/operations/incidents-and-change-freeze.md'
    severity: 0
    enabled: true
    scopes: [insights.id, readiness.id]
    evaluationFrequency: 'PT1M'
    windowSize: 'PT5M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.WebtestLocationAvailabilityCriteria'
      webTestId: readiness.id
      componentId: insights.id
      failedLocationCount: 2
    }
    actions: [{ actionGroupId: outside.id }]
  }
}

resource failing 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'failing-${appName}'
  location: 'global'
  properties: {
    description: 'The platform counts answers of 5xx, also those that the app never saw. More than 50 in five minutes.'
    severity: 1
    enabled: true
    scopes: [app.id]
    evaluationFrequency: 'PT1M'
    windowSize: 'PT5M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'failed'
          metricNamespace: 'Microsoft.Web/sites'
          metricName: 'Http5xx'
          timeAggregation: 'Total'
          operator: 'GreaterThan'
          threshold: 50
        }
      ]
    }
    actions: [{ actionGroupId: outside.id }]
  }
}

resource restarting 'Microsoft.Insights/scheduledQueryRules@2023-03-15-preview' = {
  name: 'restarting-${appName}'
  location: location
  properties: {
    displayName: 'Workers of ${appName} die'
    description: 'The Functions host starts a worker anew that has died. More than five in fifteen minutes is no scaling: look at its last lines.'
    severity: 1
    enabled: true
    scopes: [logs.id]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    criteria: {
      allOf: [
        {
          query: 'AppTraces | where Message startswith "Language Worker Process exited" or Message startswith "Exceeded language worker restart retry count"'
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 5
        }
      ]
    }
    actions: { actionGroups: [outside.id] }
  }
}

// Objectives as a picture: the same burn rates that GET /api/ops/objectives answers, over time.
resource objectives 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(insights.id, 'objectives')
  location: location
  kind: 'shared'
  properties: {
    displayName: 'Objectives of ${appName}'
    category: 'workbook'
    sourceId: insights.id
    serializedData: string({
      version: 'Notebook/1.0'
      items: [
        {
          type: 1
          content: { json: 'How fast error budgets burn: 1 uses a budget up in 30 days. From 14.4 over an hour on somebody is woken.' }
        }
        {
          type: 3
          content: {
            version: 'KqlItem/1.0'
            title: 'Burn rates over one hour'
            query: 'customMetrics | where name == "portal.objective.burn_rate" and tostring(customDimensions.window) == "1h" | summarize max(value) by bin(timestamp, 5m), tostring(customDimensions.objective) | render timechart'
            size: 0
            timeContext: { durationMs: 86400000 }
            queryType: 0
            resourceType: 'microsoft.insights/components'
          }
        }
        {
          type: 3
          content: {
            version: 'KqlItem/1.0'
            title: 'Slowest functions, mean seconds until an answer begins'
            query: 'customMetrics | where name == "portal.request.duration" | summarize seconds = sum(valueSum) / sum(valueCount), requests = sum(valueCount) by tostring(customDimensions.function) | top 20 by seconds'
            size: 0
            timeContext: { durationMs: 86400000 }
            queryType: 0
            resourceType: 'microsoft.insights/components'
          }
        }
      ]
    })
  }
}

output address string = address
output muxWebhook string = '${address}/api/webhooks/mux'
output clerkWebhook string = '${address}/api/webhooks/clerk'
output alertsWebhook string = '${address}/api/webhooks/alerts'
output pagerDutyWebhook string = '${address}/api/webhooks/pagerduty'
output resendWebhook string = '${address}/api/webhooks/resend'
