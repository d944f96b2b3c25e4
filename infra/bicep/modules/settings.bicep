// Every setting that the app reads in Azure. The names are the code's.

@description('Name of the Function App that is set up.')
param functionAppName string

@description('Client id of the identity that the app runs under.')
param identityClientId string

@description('Name of the storage account, for the host\'s own leases, keys and queues.')
param storageAccountName string

@description('Address of the blob service.')
param blobEndpoint string

@description('Address of the queue service.')
param queueEndpoint string

@description('Host name of the Service Bus namespace.')
param serviceBusHost string

@description('Address of the catalog\'s connection string in Key Vault.')
param catalogConnectionUri string

@description('Address of the work store\'s connection string in Key Vault.')
param workStoreConnectionUri string

@description('Address of the server\'s connection string in Key Vault.')
param serverConnectionUri string

@description('Address of Neon\'s API key in Key Vault; empty where tenants\' databases are the server\'s.')
param neonApiKeyUri string

@description('Neon\'s organisation; empty where the key tells it.')
param neonOrgId string

@description('Neon\'s region of projects.')
param neonRegionId string

@description('Address of the admin key\'s SHA-256 in Key Vault.')
param adminKeySha256Uri string

@description('Id of the credential key.')
param credentialKeyId string

@description('Address of the credential key in Key Vault.')
param credentialKeyUri string

@description('Id of the key that signs deletion certificates.')
param certificateKeyId string

@description('Address of that key in Key Vault.')
param certificateKeyUri string

@description('Name of this region.')
param region string

@description('Region that a tenant gets which asks for none.')
param defaultRegion string

@description('Name, address and openness of each region; empty where there is one.')
param regions { name: string, address: string, open: bool }[]

@description('Address of the Azure OpenAI account.')
param aiEndpoint string

@description('Name of the embedding deployment.')
param embeddingDeployment string

@description('Tokens a minute that the embedding deployment takes.')
param embeddingTokensPerMinute int

@description('Name of the chat deployment.')
param chatDeployment string

@description('Where telemetry goes.')
param insightsConnectionString string

var regionSettings = map(range(0, length(regions)), i => {
  'Regions__${i}__Name': regions[i].name
  'Regions__${i}__Address': regions[i].address
  'Regions__${i}__Open': string(regions[i].open)
})

// The server stays configured: tenants that are there stay there, until they are moved.
var neonSettings = empty(neonApiKeyUri) ? {} : union({
  Provisioning__Provider: 'neon'
  Provisioning__Neon__ApiKey: '@Microsoft.KeyVault(SecretUri=${neonApiKeyUri})'
  Provisioning__Neon__RegionId: neonRegionId
}, empty(neonOrgId) ? {} : { Provisioning__Neon__OrgId: neonOrgId })

resource app 'Microsoft.Web/sites@2025-03-01' existing = {
  name: functionAppName
}

resource settings 'Microsoft.Web/sites/config@2025-03-01' = {
  parent: app
  name: 'appsettings'
  properties: union({
    AZURE_CLIENT_ID: identityClientId
    APPLICATIONINSIGHTS_CONNECTION_STRING: insightsConnectionString
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
    AzureWebJobsStorage__accountName: storageAccountName
    AzureWebJobsStorage__credential: 'managedidentity'
    AzureWebJobsStorage__clientId: identityClientId
    Storage__blobServiceUri: blobEndpoint
    Storage__queueServiceUri: queueEndpoint
    Storage__credential: 'managedidentity'
    Storage__clientId: identityClientId
    ServiceBus__fullyQualifiedNamespace: serviceBusHost
    ServiceBus__credential: 'managedidentity'
    ServiceBus__clientId: identityClientId
    // Times the most instances, below what the server allows: 429 connections on Standard_B2s.
    Postgres__ConnectionBudget: '20'
    Catalog__MaxConnections: '10'
    Catalog__ConnectionString: '@Microsoft.KeyVault(SecretUri=${catalogConnectionUri})'
    WorkStore__ConnectionString: '@Microsoft.KeyVault(SecretUri=${workStoreConnectionUri})'
    WorkStore__MaxConnections: '5'
    Provisioning__Postgres__ConnectionString: '@Microsoft.KeyVault(SecretUri=${serverConnectionUri})'
    Region: region
    Tenants__DefaultRegion: defaultRegion
    Tenants__AdminKeySha256: '@Microsoft.KeyVault(SecretUri=${adminKeySha256Uri})'
    Tenants__AdminMayUseTenantRoutes: 'false'
    Tenants__CredentialKeys__0__Id: credentialKeyId
    Tenants__CredentialKeys__0__Key: '@Microsoft.KeyVault(SecretUri=${credentialKeyUri})'
    Tenants__CertificateKeys__0__Id: certificateKeyId
    Tenants__CertificateKeys__0__Key: '@Microsoft.KeyVault(SecretUri=${certificateKeyUri})'
    // The model's id stays with the vectors: another model gets another id. Every instance keeps to the whole rate, and
    // waits as long as the account says where several together exceed it.
    Ai__DefaultModel: 'text-embedding-3-small'
    Ai__Models__0__Id: 'text-embedding-3-small'
    Ai__Models__0__Provider: 'AzureOpenAI'
    Ai__Models__0__Endpoint: aiEndpoint
    Ai__Models__0__Deployment: embeddingDeployment
    Ai__Models__0__Dimensions: '1536'
    Ai__Models__0__TokensPerMinute: string(embeddingTokensPerMinute)
    // Azure OpenAI allows six for every thousand tokens.
    Ai__Models__0__RequestsPerMinute: string(embeddingTokensPerMinute / 1000 * 6)
    Ai__Chat__Provider: 'AzureOpenAI'
    Ai__Chat__Endpoint: aiEndpoint
    Ai__Chat__Model: chatDeployment
  }, neonSettings, reduce(regionSettings, {}, (all, one) => union(all, one)))
}
