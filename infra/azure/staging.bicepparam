// Staging. It holds no secrets: those are in the vault, under the names that main.bicep lists. Put your own hosts and names here.
using './main.bicep'

param location = 'australiaeast'
param appName = 'motion-mavericks-staging'
param keyVaultName = 'kv-mavericks-staging'
param clerkIssuer = 'https://clerk.staging.portal.example'
param mailFrom = 'no-reply@staging.portal.example'
param portalOrigins = ['https://staging.portal.example']
param inviteRedirectUrl = 'https://staging.portal.example/welcome'
param sharePageUrl = 'https://staging.portal.example/s/'
param privacyContact = 'privacy@portal.example'

// Small, and nobody is woken.
param paging = false
param lowUrgencyPaging = false
param securityPaging = false
param pagingWebhook = false
param muxUsageExports = false
param alwaysReadyHttp = 0
param storageSku = 'Standard_LRS'
param logRetentionDays = 30
