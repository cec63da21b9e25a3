// Copy, fill in, and keep it where your deployment's settings are. It holds no secrets: those are in the vault.
using './main.bicep'

param appName = 'portal-example'
param keyVaultName = 'kv-portal-example'
param clerkIssuer = 'https://clerk.portal.example'
param mailFrom = 'no-reply@portal.example'
param portalOrigins = 'https://portal.example'
param inviteRedirectUrl = 'https://portal.example/welcome'
param sharePageUrl = 'https://portal.example/s/'
