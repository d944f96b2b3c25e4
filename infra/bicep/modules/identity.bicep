@description('Region of the identity.')
param location string

@description('Name of the identity.')
param name string

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
}

@description('Resource id, for the resources that run under this identity.')
output id string = identity.id

@description('Client id, for the clients that ask for its tokens.')
output clientId string = identity.properties.clientId

@description('Principal id, for the role assignments beside each resource.')
output principalId string = identity.properties.principalId
