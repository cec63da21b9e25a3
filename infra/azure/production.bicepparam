// Production. It holds no secrets: those are in the vault, under the names that main.bicep lists. Put your own hosts and names here.
using './main.bicep'

param location = 'australiaeast'
param appName = 'motion-mavericks-production'
param keyVaultName = 'kv-mavericks-production'
param clerkIssuer = 'https://clerk.portal.example'
param mailFrom = 'no-reply@portal.example'
param portalOrigins = ['https://portal.example']
param inviteRedirectUrl = 'https://portal.example/welcome'
param sharePageUrl = 'https://portal.example/s/'
param privacyContact = 'privacy@portal.example'

// Sized for users: no cold start, and one zone may fail.
param paging = true
param lowUrgencyPaging = true
param securityPaging = true
param pagingWebhook = true
param muxUsageExports = false
param alwaysReadyHttp = 1
param maximumInstanceCount = 100
param storageSku = 'Standard_ZRS'
param logRetentionDays = 90

// Told when nothing here can tell any more.
param azureAlertEmails = ['on-call@portal.example']
