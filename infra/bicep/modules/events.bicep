@description('Region of the topic: that of the storage account.')
param location string

@description('Name of the topic.')
param name string

@description('Resource id of the storage account whose events are published.')
param storageAccountId string

@description('Resource id of the queue that takes blob deletions.')
param blobDeletionsQueueId string

@description('Resource id of the identity that events are delivered with; it may send to the queue.')
param identityId string

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: name
  location: location
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    source: storageAccountId
    topicType: 'Microsoft.Storage.StorageAccounts'
  }
}

// A deletion raises no blob trigger, so it goes through a queue. What can't be delivered within a day is
// dropped: the sweep that compares blobs with the manifest repairs it.
resource deletions 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: 'blob-deletions'
  properties: {
    eventDeliverySchema: 'EventGridSchema'
    filter: {
      includedEventTypes: ['Microsoft.Storage.BlobDeleted']
      subjectBeginsWith: '/blobServices/default/containers/documents/'
    }
    deliveryWithResourceIdentity: {
      identity: {
        type: 'UserAssigned'
        userAssignedIdentity: identityId
      }
      destination: {
        endpointType: 'ServiceBusQueue'
        properties: {
          resourceId: blobDeletionsQueueId
        }
      }
    }
    retryPolicy: {
      maxDeliveryAttempts: 30
      eventTimeToLiveInMinutes: 1440
    }
  }
}

@description('Name of the topic, for further subscriptions.')
output topicName string = topic.name
