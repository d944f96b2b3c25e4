@description('Region of the namespace.')
param location string

@description('Name of the namespace.')
param name string

@description('Principal id of the identity that receives, sends and delivers blob events.')
param principalId string

// Both are constants in the code too; a test compares them.
var queueNames = [
  'tenant-commands'
  'tenant-replies'
  'blob-deletions'
  'operations'
  'documents'
  'embeddings'
]
var maxDeliveryCount = 5

// Enough to be triggered. Counting a queue's messages would take Azure Service Bus Data Owner, so the
// platform scales by peeking instead.
var azureServiceBusDataReceiver = '4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0'
var azureServiceBusDataSender = '69a216fc-b8fb-44d8-bc22-1f3c2cd27a39'

resource namespace 'Microsoft.ServiceBus/namespaces@2026-01-01' = {
  name: name
  location: location
  sku: {
    name: 'Standard'
    tier: 'Standard'
  }
  properties: {
    disableLocalAuth: true
    minimumTlsVersion: '1.2'
  }
}

resource queues 'Microsoft.ServiceBus/namespaces/queues@2026-01-01' = [
  for queueName in queueNames: {
    parent: namespace
    name: queueName
    properties: {
      maxDeliveryCount: maxDeliveryCount
      lockDuration: 'PT5M'
      defaultMessageTimeToLive: 'P14D'
      deadLetteringOnMessageExpiration: true
    }
  }
]

resource roles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in [azureServiceBusDataReceiver, azureServiceBusDataSender]: {
    name: guid(namespace.id, principalId, role)
    scope: namespace
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    }
  }
]

@description('Host name of the namespace.')
output host string = split(split(namespace.properties.serviceBusEndpoint, '//')[1], ':')[0]

@description('Resource id of the queue that blob deletions are delivered to.')
output blobDeletionsQueueId string = queues[indexOf(queueNames, 'blob-deletions')].id
