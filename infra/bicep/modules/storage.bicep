@description('Region of the account.')
param location string

@description('Name of the account: 3 to 24 lower-case letters and digits.')
param name string

@description('Redundancy of the account.')
param sku string

@description('Principal id of the identity that the functions run under.')
param principalId string

// Holds everything the functions and their host do with blobs, making containers included.
var storageBlobDataContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
// Signs the SAS of one blob for an upload. The role above grants the same key while it spans the account;
// this one stays when that is narrowed to single containers.
var storageBlobDelegator = 'db58b8e5-c6ad-4a2a-8342-4190687cbf4a'
// The blob trigger puts every event into a storage queue of its own before it calls the function, and a
// blob that failed five times into webjobs-blobtrigger-poison.
var storageQueueDataContributor = '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
// Reads the blob service's settings: a deletion certificate says for how long storage keeps deleted blobs. That takes
// Microsoft.Storage/storageAccounts/blobServices/read, which no role for data has. This one, of the built-in roles that have it,
// is the only one that changes nothing; it opens no data and no keys, and is held on this account alone.
var reader = 'acdd72a7-3385-48ef-bd42-f606fba81ae7'

// How long a deleted or overwritten blob can be brought back, by an operator alone. It also bounds how long
// an erased tenant's documents remain recoverable: versioning is off because versions never expire.
var softDeleteDays = 7

resource account 'Microsoft.Storage/storageAccounts@2026-06-01' = {
  name: name
  location: location
  kind: 'StorageV2'
  sku: {
    name: sku
  }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
  }

  resource blobs 'blobServices' = {
    name: 'default'
    properties: {
      isVersioningEnabled: false
      deleteRetentionPolicy: {
        enabled: true
        days: softDeleteDays
      }
      containerDeleteRetentionPolicy: {
        enabled: true
        days: softDeleteDays
      }
    }

    resource documents 'containers' = {
      name: 'documents'
    }

    resource deployments 'containers' = {
      name: 'deployments'
    }
  }
}

resource roles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in [storageBlobDataContributor, storageBlobDelegator, storageQueueDataContributor, reader]: {
    name: guid(account.id, principalId, role)
    scope: account
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    }
  }
]

@description('Resource id of the account, the source of blob events.')
output id string = account.id

@description('Name of the account.')
output name string = account.name

@description('Address of the blob service.')
output blobEndpoint string = account.properties.primaryEndpoints.blob

@description('Address of the queue service.')
output queueEndpoint string = account.properties.primaryEndpoints.queue

@description('Address of the container that holds the packages of the Function App.')
output deploymentContainerUri string = '${account.properties.primaryEndpoints.blob}${account::blobs::deployments.name}'
