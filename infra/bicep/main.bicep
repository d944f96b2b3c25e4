metadata description = 'Freehold: a multi-tenant RAG backend on Azure Functions in which every tenant owns a database.'

@description('Azure region of everything made here.')
param location string = resourceGroup().location

@description('Name of the region that this deployment is, as it stands with its tenants. Not to be changed.')
param region string = location

@description('Region that a tenant gets which asks for none.')
param defaultRegion string = region

@description('All regions that share the catalog, this one included, the same list in each: see docs/regions.md. Empty: this one alone.')
param regions regionType[] = []

@description('Start of every resource\'s name: 2 to 8 lower-case letters and digits, a letter first.')
@minLength(2)
@maxLength(8)
param name string = 'freehold'

@description('Redundancy of the storage account; a region without availability zones has only Standard_LRS.')
@allowed(['Standard_LRS', 'Standard_ZRS'])
param storageSku string = 'Standard_ZRS'

@description('Burstable size of the PostgreSQL server, for example Standard_B1ms or Standard_B2s.')
param postgresSku string = 'Standard_B2s'

@description('Password of the PostgreSQL server\'s administrator: 8 to 128 characters.')
@maxLength(128)
@secure()
param postgresPassword string

@description('Let every address inside Azure, other customers\' included, try to log in to the PostgreSQL server. Without it, and without a virtual network, the app reaches no database.')
param allowAzureServices bool = false

@description('Connection string of the catalog, where another region has it. Empty: the server made here.')
@secure()
param catalogConnection string = ''

@description('Give the work store, which holds documents\' paths, a database of its own on the server made here; where the catalog is another region\'s it always has one. Not to be changed once there are documents.')
param ownWorkStore bool = false

@description('Connection string of the server that tenant databases are made on. Empty: the server made here.')
@secure()
param serverConnection string = ''

@description('API key of Neon. With it, tenants\' databases are projects there; empty: databases of the server.')
@secure()
param neonApiKey string = ''

@description('Neon\'s organisation that projects belong to. Empty where the key is an organisation\'s own.')
param neonOrgId string = ''

@description('Neon\'s region of projects, such as aws-eu-central-1.')
param neonRegionId string = ''

@description('SHA-256 of the admin key, as 64 hexadecimal digits. The key itself is stored nowhere.')
@maxLength(64)
@secure()
param adminKeySha256 string

@description('Id of the key that tenants\' database credentials are encrypted under; stored beside what it encrypted.')
param credentialKeyId string = 'k1'

@description('The key itself: 32 random bytes in base64.')
@maxLength(44)
@secure()
param credentialKey string

@description('Id of the key that signs deletion certificates; stands in each of them.')
param certificateKeyId string = 'c1'

@description('The key itself, a private key of P-256: 32 random bytes in base64.')
@maxLength(44)
@secure()
param certificateKey string

@description('Name of the chat model that answers questions; it must be offered in the region with the deployment type given.')
param chatModelName string

@description('Version of the chat model, as Azure OpenAI names it. Models retire: look up the date before choosing one.')
param chatModelVersion string

@description('Deployment type of the models. It says where text may be processed: the region, its data zone, or anywhere.')
@allowed(['Standard', 'DataZoneStandard', 'GlobalStandard'])
param modelSku string = 'GlobalStandard'

@description('Send blob events to the function DocumentChanged. Takes two deployments: the key that they are sent with exists only once the code is published, so deploy with false, publish the code, then deploy again with true.')
param wireBlobEvents bool = false

@description('A region as the hosts of all of them know it.')
type regionType = {
  @description('Its name.')
  name: string

  @description('Address of its API, as the output apiUri of its deployment says.')
  address: string

  @description('Whether it takes new tenants.')
  open: bool
}

var suffix = uniqueString(resourceGroup().id)

module identity 'modules/identity.bicep' = {
  params: {
    location: location
    name: 'id-${name}-${suffix}'
  }
}

module monitoring 'modules/monitoring.bicep' = {
  params: {
    location: location
    workspaceName: 'log-${name}-${suffix}'
    insightsName: 'appi-${name}-${suffix}'
    principalId: identity.outputs.principalId
  }
}

module storage 'modules/storage.bicep' = {
  params: {
    location: location
    name: 'st${name}${suffix}'
    sku: storageSku
    principalId: identity.outputs.principalId
  }
}

module serviceBus 'modules/servicebus.bicep' = {
  params: {
    location: location
    name: 'sbns-${name}-${suffix}'
    principalId: identity.outputs.principalId
  }
}

module events 'modules/events.bicep' = {
  params: {
    location: location
    name: 'evgt-${name}-${suffix}'
    storageAccountId: storage.outputs.id
    blobDeletionsQueueId: serviceBus.outputs.blobDeletionsQueueId
    identityId: identity.outputs.id
  }
}

module openAI 'modules/openai.bicep' = {
  params: {
    location: location
    name: 'oai-${name}-${suffix}'
    principalId: identity.outputs.principalId
    chatModelName: chatModelName
    chatModelVersion: chatModelVersion
    modelSku: modelSku
  }
}

module postgres 'modules/postgres.bicep' = {
  params: {
    location: location
    name: 'psql-${name}-${suffix}'
    sku: postgresSku
    administratorPassword: empty(postgresPassword) ? fail('postgresPassword is missing.') : postgresPassword
    allowAzureServices: allowAzureServices
  }
}

// A password may hold any character, so it is quoted as a connection string quotes.
var quotedPassword = replace(postgresPassword, '\'', '\'\'')
var server = 'Host=${postgres.outputs.host};Username=${postgres.outputs.administrator};Password=\'${quotedPassword}\';SSL Mode=VerifyFull'
var catalogHere = '${server};Database=${postgres.outputs.catalogDatabase}'

module secrets 'modules/secrets.bicep' = {
  params: {
    location: location
    name: 'kv-${name}${suffix}'
    principalId: identity.outputs.principalId
    catalogConnection: empty(catalogConnection) ? catalogHere : catalogConnection
    workStoreConnection: ownWorkStore || !empty(catalogConnection) ? '${server};Database=freehold_work' : catalogHere
    neonApiKey: neonApiKey
    serverConnection: empty(serverConnection) ? '${server};Database=postgres' : serverConnection
    adminKeySha256: length(adminKeySha256) == 64 ? adminKeySha256 : fail('adminKeySha256 must have 64 digits.')
    credentialKey: length(credentialKey) == 44 ? credentialKey : fail('credentialKey must be 32 bytes in base64.')
    certificateKey: length(certificateKey) == 44 ? certificateKey : fail('certificateKey must be 32 bytes in base64.')
  }
}

module functions 'modules/functions.bicep' = {
  params: {
    location: location
    planName: 'plan-${name}-${suffix}'
    appName: 'func-${name}-${suffix}'
    identityId: identity.outputs.id
    deploymentContainerUri: storage.outputs.deploymentContainerUri
  }
}

module settings 'modules/settings.bicep' = {
  params: {
    functionAppName: functions.outputs.appName
    identityClientId: identity.outputs.clientId
    storageAccountName: storage.outputs.name
    blobEndpoint: storage.outputs.blobEndpoint
    queueEndpoint: storage.outputs.queueEndpoint
    serviceBusHost: serviceBus.outputs.host
    catalogConnectionUri: secrets.outputs.catalogConnectionUri
    workStoreConnectionUri: secrets.outputs.workStoreConnectionUri
    serverConnectionUri: secrets.outputs.serverConnectionUri
    neonApiKeyUri: empty(neonApiKey) ? '' : secrets.outputs.neonApiKeyUri
    neonOrgId: neonOrgId
    neonRegionId: empty(neonApiKey) || !empty(neonRegionId) ? neonRegionId : fail('neonRegionId is missing.')
    adminKeySha256Uri: secrets.outputs.adminKeySha256Uri
    credentialKeyId: credentialKeyId
    credentialKeyUri: secrets.outputs.credentialKeyUri
    certificateKeyId: certificateKeyId
    certificateKeyUri: secrets.outputs.certificateKeyUri
    region: region
    defaultRegion: defaultRegion
    regions: regions
    aiEndpoint: openAI.outputs.endpoint
    embeddingDeployment: openAI.outputs.embeddingDeployment
    embeddingTokensPerMinute: openAI.outputs.embeddingTokensPerMinute
    chatDeployment: openAI.outputs.chatDeployment
    insightsConnectionString: monitoring.outputs.connectionString
  }
}

module blobEvents 'modules/blobevents.bicep' = if (wireBlobEvents) {
  params: {
    topicName: events.outputs.topicName
    functionAppName: functions.outputs.appName
  }
  // The host must be up, with its settings, to confirm the subscription.
  dependsOn: [settings]
}

@description('Name of the Function App, to publish code to.')
output functionAppName string = functions.outputs.appName

@description('Address of the API.')
output apiUri string = 'https://${functions.outputs.host}/api'
