@description('Region of the vault.')
param location string

@description('Name of the vault: 3 to 24 letters, digits and dashes.')
param name string

@description('Principal id of the identity that reads the secrets.')
param principalId string

@description('Connection string of the catalog.')
@secure()
param catalogConnection string

@description('Connection string of the work store; the catalog\'s where it lies beside it.')
@secure()
param workStoreConnection string

@description('Connection string of the server that tenant databases are made on, as a role that may make them.')
@secure()
param serverConnection string

@description('API key of Neon; empty where tenants have none of their databases there.')
@secure()
param neonApiKey string

@description('SHA-256 of the admin key.')
@secure()
param adminKeySha256 string

@description('Key that tenants\' database credentials are encrypted under.')
@secure()
param credentialKey string

@description('Private key that signs deletion certificates.')
@secure()
param certificateKey string

var keyVaultSecretsUser = '4633458b-17de-408a-b874-0445c86b69e6'

resource vault 'Microsoft.KeyVault/vaults@2026-05-15' = {
  name: name
  location: location
  properties: {
    tenantId: tenant().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
    enablePurgeProtection: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
  }

  resource catalog 'secrets' = {
    name: 'catalog-connection'
    properties: {
      value: catalogConnection
    }
  }

  resource workStore 'secrets' = {
    name: 'work-store-connection'
    properties: {
      value: workStoreConnection
    }
  }

  resource server 'secrets' = {
    name: 'server-connection'
    properties: {
      value: serverConnection
    }
  }

  resource neon 'secrets' = if (!empty(neonApiKey)) {
    name: 'neon-api-key'
    properties: {
      value: neonApiKey
    }
  }

  resource adminKey 'secrets' = {
    name: 'admin-key-sha256'
    properties: {
      value: adminKeySha256
    }
  }

  resource credential 'secrets' = {
    name: 'credential-key'
    properties: {
      value: credentialKey
    }
  }

  resource certificate 'secrets' = {
    name: 'certificate-key'
    properties: {
      value: certificateKey
    }
  }
}

resource role 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, principalId, keyVaultSecretsUser)
  scope: vault
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', keyVaultSecretsUser)
  }
}

// Addresses without a version: a new version of a secret reaches the app by itself, within a day.
@description('Address of the catalog\'s connection string.')
output catalogConnectionUri string = vault::catalog.properties.secretUri

@description('Address of the work store\'s connection string.')
output workStoreConnectionUri string = vault::workStore.properties.secretUri

@description('Address of the server\'s connection string.')
output serverConnectionUri string = vault::server.properties.secretUri

@description('Address of Neon\'s API key, if there is one.')
output neonApiKeyUri string = '${vault.properties.vaultUri}secrets/neon-api-key'

@description('Address of the admin key\'s SHA-256.')
output adminKeySha256Uri string = vault::adminKey.properties.secretUri

@description('Address of the credential key.')
output credentialKeyUri string = vault::credential.properties.secretUri

@description('Address of the key that signs deletion certificates.')
output certificateKeyUri string = vault::certificate.properties.secretUri
