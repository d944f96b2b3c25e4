using 'main.bicep'

// Secrets come from the environment of whoever deploys, never from this file.
param postgresPassword = readEnvironmentVariable('FREEHOLD_POSTGRES_PASSWORD', '')
param adminKeySha256 = readEnvironmentVariable('FREEHOLD_ADMIN_KEY_SHA256', '')
param credentialKey = readEnvironmentVariable('FREEHOLD_CREDENTIAL_KEY', '')
param certificateKey = readEnvironmentVariable('FREEHOLD_CERTIFICATE_KEY', '')
param catalogConnection = readEnvironmentVariable('FREEHOLD_CATALOG_CONNECTION', '')
param neonApiKey = readEnvironmentVariable('FREEHOLD_NEON_API_KEY', '')
param serverConnection = readEnvironmentVariable('FREEHOLD_SERVER_CONNECTION', '')

// The plan has no fixed outgoing address and no virtual network is made here, so this is the app's way in.
param allowAzureServices = true

// Offered as GlobalStandard alone in most regions, which is the default deployment type.
param chatModelName = 'gpt-5.4-mini'
param chatModelVersion = '2026-03-17'
