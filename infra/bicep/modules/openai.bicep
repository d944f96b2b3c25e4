@description('Region of the account.')
param location string

@description('Name of the account, and of its host.')
param name string

@description('Principal id of the identity that calls the models.')
param principalId string

@description('Name of the chat model.')
param chatModelName string

@description('Version of the chat model.')
param chatModelVersion string

@description('Deployment type of both models.')
param modelSku string

var cognitiveServicesOpenAIUser = '5e0bd9bd-7b93-4f28-af87-19fc36ad61bd'

// Capacity is in thousands of tokens a minute. Embeddings never change their version by themselves: vectors
// of two versions can't be compared.
resource account 'Microsoft.CognitiveServices/accounts@2026-07-01' = {
  name: name
  location: location
  kind: 'OpenAI'
  sku: {
    name: 'S0'
  }
  properties: {
    customSubDomainName: name
    disableLocalAuth: true
    publicNetworkAccess: 'Enabled'
  }

  resource embedding 'deployments' = {
    name: 'text-embedding-3-small'
    sku: {
      name: modelSku
      capacity: 120
    }
    properties: {
      model: {
        format: 'OpenAI'
        name: 'text-embedding-3-small'
        version: '1'
      }
      versionUpgradeOption: 'NoAutoUpgrade'
    }
  }

  // The account takes one deployment at a time.
  resource chat 'deployments' = {
    name: 'chat'
    sku: {
      name: modelSku
      capacity: 50
    }
    properties: {
      model: {
        format: 'OpenAI'
        name: chatModelName
        version: chatModelVersion
      }
      versionUpgradeOption: 'OnceCurrentVersionExpired'
    }
    dependsOn: [embedding]
  }
}

resource role 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account.id, principalId, cognitiveServicesOpenAIUser)
  scope: account
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', cognitiveServicesOpenAIUser)
  }
}

@description('Address of the account.')
output endpoint string = account.properties.endpoint

@description('Name of the embedding deployment.')
output embeddingDeployment string = account::embedding.name

@description('Tokens a minute that the embedding deployment takes.')
output embeddingTokensPerMinute int = account::embedding.sku.capacity * 1000

@description('Name of the chat deployment.')
output chatDeployment string = account::chat.name
