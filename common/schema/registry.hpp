// The list of all wire messages, for what must be true of each: golden bytes, fuzzing, printing.
#pragma once

#include <tuple>

#include "common/schema/access_keys.hpp"
#include "common/schema/archives.hpp"
#include "common/schema/backup.hpp"
#include "common/schema/bucket_configuration.hpp"
#include "common/schema/call.hpp"
#include "common/schema/dead_letters.hpp"
#include "common/schema/event_bus.hpp"
#include "common/schema/event_destinations.hpp"
#include "common/schema/event_source.hpp"
#include "common/schema/events.hpp"
#include "common/schema/function.hpp"
#include "common/schema/function_access.hpp"
#include "common/schema/function_layer.hpp"
#include "common/schema/function_url.hpp"
#include "common/schema/identity.hpp"
#include "common/schema/invoke.hpp"
#include "common/schema/lane.hpp"
#include "common/schema/lifecycle.hpp"
#include "common/schema/logs.hpp"
#include "common/schema/notifier.hpp"
#include "common/schema/queue.hpp"
#include "common/schema/replication.hpp"
#include "common/schema/resend.hpp"
#include "common/schema/schedules.hpp"
#include "common/schema/speech.hpp"
#include "common/schema/storage.hpp"
#include "common/schema/storage_access.hpp"
#include "common/schema/storage_objects.hpp"
#include "common/schema/storage_uploads.hpp"
#include "common/schema/storage_versions.hpp"
#include "common/schema/topics.hpp"
#include "common/schema/wire.hpp"

namespace onput::schema {

using AllMessages = std::tuple<
    RequestHeader, ReplyHeader, Empty, ServiceStatus, ServiceStatusReply, ServiceBackup,
    ServiceBackupReply, CreateBucket, DeleteBucket, HeadBucket, BucketInfo, ListBuckets, BucketList,
    PutObject, ObjectPut, OpenWrite, WriteOpened, AppendWrite, WriteAppended, FinishWrite,
    AbortWrite, GetObject, ObjectGot, ReadObject, CloseRead, HeadObject, ObjectInfo, DeleteObject,
    ObjectDeleted, ListObjects, ObjectList, PutNotification, GetNotification,
    NotificationConfiguration, ExplainEvent, EventExplained, PutVersioning, PutObjectLock, PutTags,
    TagsPut, PutRetention, PutLegalHold, DeleteObjects, ObjectsDeleted, ListVersions, VersionList,
    CreateUpload, UploadCreated, CompleteUpload, UploadCompleted, AbortUpload, ListParts, PartList,
    ListUploads, UploadList, ListObjectParts, ObjectPartList, FindUpload, BucketConfiguration,
    PutBucketConfiguration, GetBucketConfiguration, DeleteBucketConfiguration,
    ListBucketConfigurations, BucketConfigurationList, FindBucketConfiguration,
    FoundBucketConfiguration, PutBucketPolicy, DeleteBucketPolicy, GetBucketPolicy, BucketPolicy,
    GetAcl, AccessControlPolicy, PutAcl, AclPut, LifecycleConfiguration, RestoreObject,
    RestoreStarted, ObjectEvent, AppendEvents, EventsAppended, BusHead, JournalRecord, FetchJournal,
    JournalPage, FindJournal, JournalPosition, CheckDestinations, DestinationsChecked,
    ListDestinations, DestinationList, TraceQuery, TraceStory, CreateQueue, QueueInfo, DeleteQueue,
    ListQueues, QueueList, DescribeQueue, SetQueueAttributes, SendMessages, MessagesSent,
    ReceiveMessages, MessagesReceived, CancelReceive, RemoveMessages, ChangeVisibility, EntriesDone,
    PurgeQueue, Deliver, Delivered, AuthorizeDelivery, PeekMessages, StartMoveTask, MoveTaskStarted,
    ListMoveTasks, MoveTaskList, CancelMoveTask, MoveTaskCancelled, ListDeadLetters, DeadLetterList,
    ListDeadLetterSources, PutFunction, FunctionInfo, GetFunction, ListFunctions, FunctionList,
    DeleteFunction, LaneHello, LaneCredit, LaneAck, LaneNack, LaneExtend, LaneSplit, LaneBye,
    LaneGrants, TopicMessage, DeliveryAttempt, JobFailed, JobProgress, CreateTopic, TopicInfo,
    DeleteTopic, GetTopic, ListTopics, TopicList, SetTopicAttribute, ChangeTopicTags, Subscribe,
    SubscriptionInfo, ConfirmSubscription, Unsubscribe, GetSubscription, SetSubscriptionAttribute,
    ListSubscriptions, SubscriptionList, PublishMessages, MessagesPublished, GetSigningCertificate,
    SigningCertificate, FindWorkers, WorkersFound, StartCall, CallPiece, ReadCall, CloseCall,
    SynthesizeSpeech, SpeechSynthesized, ListVoices, VoiceList, LexiconInfo, PutLexicon, GetLexicon,
    ListLexicons, LexiconList, DeleteLexicon, SpeechTask, StartSpeechTask, GetSpeechTask,
    ListSpeechTasks, SpeechTaskList, InvokeFunction, FunctionInvoked, PrepareInvocation,
    InvocationPrepared, InvokeEvent, EventInvoked, PublishFunctionVersion, ListFunctionVersions,
    FunctionAlias, PutFunctionAlias, GetFunctionAlias, ListFunctionAliases, FunctionAliasList,
    DeleteFunctionAlias, FunctionPolicy, AddFunctionPermission, RemoveFunctionPermission,
    GetFunctionPolicy, EventSourceMapping, PutEventSourceMapping, GetEventSourceMapping,
    ListEventSourceMappings, EventSourceMappingList, DeleteEventSourceMapping,
    ReplicationConfiguration, ReplicateObjects, ObjectsReplicated, FindReplicas, ReplicaList,
    Entity, CreateEntity, GetEntity, EntityList, ListEntities, DeleteEntity, UpdateRole,
    PutEntityPolicy, DeleteEntityPolicy, AttachPolicy, DetachPolicy, TagEntity, CreatePolicyVersion,
    DeletePolicyVersion, SetDefaultPolicyVersion, AccessKeyCreated, CreateAccessKey, AccessKeyList,
    ListAccessKeys, UpdateAccessKey, DeleteAccessKey, FoundAccessKey, FindAccessKey,
    ResolvedIdentity, ResolveIdentity, PrincipalsFound, FindPrincipals, UpdateGroup,
    ChangeMembership, SetBoundary, CreateLogStream, DeleteLogStream, ListLogGroups, LogGroupList,
    ListLogStreams, LogStreamList, PutLogEvents, LogEventsPut, EndInvocation, GetLogEvents,
    FilterLogEvents, LogEventsPage, SetLogGroup, LogGroup, LogStream, BusEvent, RuleInfo, PutRule,
    DeleteRule, SetRuleState, DescribeRule, RuleList, ListRules, TargetsChanged, PutTargets,
    RemoveTargets, TargetList, ListTargets, EventsPut, PutEvents, BusInfo, CreateBus, DeleteBus,
    DescribeBus, BusList, ListBuses, EventTags, ChangeEventTags, GetEventTags,
    ListReplicationEndpoints, ReplicationEndpointList, LayerVersion, PublishLayerVersion,
    GetLayerVersion, LayerVersionList, ListLayerVersions, DeleteLayerVersion, AddLayerPermission,
    RemoveLayerPermission, ScheduleInfo, PutSchedule, GetSchedule, DeleteSchedule, ScheduleList,
    ListSchedules, ScheduleGroup, CreateScheduleGroup, GetScheduleGroup, DeleteScheduleGroup,
    ScheduleGroupList, ListScheduleGroups, PutBusPermission, RemoveBusPermission, UpdateBus,
    ArchiveInfo, CreateArchive, UpdateArchive, DeleteArchive, GetArchive, ArchiveList, ListArchives,
    ReplayInfo, StartReplay, GetReplay, CancelReplay, ReplayList, ListReplays, ResendEvents, Resend,
    FindResend, ListResends, ResendList, ConnectionInfo, CreateConnection, UpdateConnection,
    DeleteConnection, DeauthorizeConnection, GetConnection, ConnectionList, ListConnections,
    ApiDestinationInfo, CreateApiDestination, UpdateApiDestination, DeleteApiDestination,
    GetApiDestination, ApiDestinationList, ListApiDestinations, FunctionUrl, PutFunctionUrl,
    DeleteFunctionUrl, FunctionUrlList, ListFunctionUrls, FindFunctionUrl, PrepareUrlInvocation>;

// Decodes a message of any kind in AllMessages and shows it as JSON with its kind.
Result<std::string> describe(std::string_view bytes);

}  // namespace onput::schema
