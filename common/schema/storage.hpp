// Requests to the storage service about buckets. Objects are in storage_objects.hpp.
//
// Reasons of errors: no_such_bucket, wrong_region (detail x-amz-bucket-region),
// bucket_already_exists (another account's), bucket_already_owned_by_you, bucket_not_empty,
// invalid_bucket_name, too_many_buckets, invalid_bucket_state, invalid_argument and malformed_xml
// of a default retention, access_denied, and those of notification validation (invalid_argument,
// malformed_xml, invalid_request) whose message and details are AWS's own.
#pragma once

#include "common/schema/access.hpp"
#include "common/schema/codec.hpp"
#include "common/schema/fields.hpp"
#include "common/schema/wire.hpp"

namespace onput::schema {

// A bucket begins without versions, and never gets back to that.
enum class Versioning : std::uint8_t { unset = 0, enabled = 1, suspended = 2 };

// The retention of new versions that bring none of their own.
struct DefaultRetention {
    std::string mode = {};   // "GOVERNANCE" or "COMPLIANCE"; empty: none.
    std::uint32_t days = 0;  // One of the two.
    std::uint32_t years = 0;

    ONPUT_FIELDS(mode, days, years)
    friend bool operator==(const DefaultRetention&, const DefaultRetention&) = default;
};

struct BucketInfo {
    // Version 2 added versioning, has_object_lock and default_retention.
    static constexpr MessageInfo info{.kind = Kind::bucket_info, .version = 2};

    std::string name;
    std::string owner_account;
    std::string region;
    Timestamp created_at;
    Versioning versioning = Versioning::unset;
    bool has_object_lock = false;  // Then versioning is enabled and stays so.
    DefaultRetention default_retention;

    ONPUT_FIELDS(name, owner_account, region, created_at, versioning, has_object_lock,
                 default_retention)
    friend bool operator==(const BucketInfo&, const BucketInfo&) = default;
};

// Creating one's own bucket again succeeds in us-east-1 and is `bucket_already_owned_by_you`
// elsewhere, as on AWS.
struct CreateBucket {
    // Version 2 added has_object_lock, version 3 what follows it, version 4 tagging.
    static constexpr MessageInfo info{.kind = Kind::create_bucket, .version = 4};
    static constexpr std::string_view method = "storage.create_bucket";
    using Reply = BucketInfo;

    std::string name;
    std::string region;  // LocationConstraint; empty: the configured region.
    bool has_object_lock = false;
    std::string ownership = {};  // The document of ownership controls; empty: the default.
    std::optional<AclRequest> acl = {};
    std::string tagging = {};  // The document of its tags; empty: none.

    ONPUT_FIELDS(name, region, has_object_lock, ownership, acl, tagging)
    friend bool operator==(const CreateBucket&, const CreateBucket&) = default;
};

struct DeleteBucket {
    static constexpr MessageInfo info{.kind = Kind::delete_bucket};
    static constexpr std::string_view method = "storage.delete_bucket";
    using Reply = Empty;

    std::string name;

    ONPUT_FIELDS(name)
    friend bool operator==(const DeleteBucket&, const DeleteBucket&) = default;
};

struct HeadBucket {
    // Version 2 added key.
    static constexpr MessageInfo info{.kind = Kind::head_bucket, .version = 2};
    static constexpr std::string_view method = "storage.head_bucket";
    using Reply = BucketInfo;

    std::string name;
    // What the actions of the AccessContext are about; empty: the bucket. It need not be there.
    std::string key = {};

    ONPUT_FIELDS(name, key)
    friend bool operator==(const HeadBucket&, const HeadBucket&) = default;
};

struct BucketList {
    // Version 2 has version 2 of BucketInfo.
    static constexpr MessageInfo info{.kind = Kind::bucket_list, .version = 2};

    std::vector<BucketInfo> buckets;  // By name.

    ONPUT_FIELDS(buckets)
    friend bool operator==(const BucketList&, const BucketList&) = default;
};

// The principal's own buckets.
struct ListBuckets {
    static constexpr MessageInfo info{.kind = Kind::list_buckets};
    static constexpr std::string_view method = "storage.list_buckets";
    using Reply = BucketList;

    std::string prefix;

    ONPUT_FIELDS(prefix)
    friend bool operator==(const ListBuckets&, const ListBuckets&) = default;
};

// invalid_bucket_state where an object lock keeps it enabled. Reply and state: HeadBucket's.
struct PutVersioning {
    static constexpr MessageInfo info{.kind = Kind::put_versioning};
    static constexpr std::string_view method = "storage.put_versioning";
    using Reply = Empty;

    std::string bucket;
    Versioning status = Versioning::enabled;  // Not unset.

    ONPUT_FIELDS(bucket, status)
    friend bool operator==(const PutVersioning&, const PutVersioning&) = default;
};

// Turns object lock on, for ever, and sets the default retention; invalid_bucket_state unless
// versioning is enabled.
struct PutObjectLock {
    static constexpr MessageInfo info{.kind = Kind::put_object_lock};
    static constexpr std::string_view method = "storage.put_object_lock";
    using Reply = Empty;

    std::string bucket;
    DefaultRetention default_retention;

    ONPUT_FIELDS(bucket, default_retention)
    friend bool operator==(const PutObjectLock&, const PutObjectLock&) = default;
};

enum class DestinationKind : std::uint8_t { queue = 1, topic = 2, function = 3 };

// One <FilterRule>, verbatim.
struct FilterRule {
    std::string name;  // "prefix" or "suffix" in any case.
    std::string value;

    ONPUT_FIELDS(name, value)
    friend bool operator==(const FilterRule&, const FilterRule&) = default;
};

// One QueueConfiguration, TopicConfiguration or CloudFunctionConfiguration.
struct NotificationRule {
    std::string id;  // Empty in a request: storage makes one.
    DestinationKind kind = DestinationKind::queue;
    std::string destination_arn;
    std::vector<std::string> events;  // "s3:ObjectCreated:*".
    std::vector<FilterRule> filter;
    bool has_filter = false;  // A <Filter> was there, if only an empty one: GET echoes it.

    ONPUT_FIELDS(id, kind, destination_arn, events, filter, has_filter)
    friend bool operator==(const NotificationRule&, const NotificationRule&) = default;
};

struct NotificationConfiguration {
    // Version 2 added has_event_bridge.
    static constexpr MessageInfo info{.kind = Kind::notification_configuration, .version = 2};

    std::vector<NotificationRule> rules = {};
    bool has_event_bridge = false;  // Every event of the bucket is for the event bus as well.

    ONPUT_FIELDS(rules, has_event_bridge)
    friend bool operator==(const NotificationConfiguration&,
                           const NotificationConfiguration&) = default;
};

// Replaces the whole configuration, once each of S3's rules holds and every destination has agreed
// (the notifier asks them, and sends queues the s3:TestEvent). Nothing is stored when any part
// fails.
struct PutNotification {
    // Version 2 added a field of configuration.
    static constexpr MessageInfo info{.kind = Kind::put_notification, .version = 2};
    static constexpr std::string_view method = "storage.put_notification";
    using Reply = Empty;

    std::string bucket;
    NotificationConfiguration configuration;
    bool skip_destination_validation = false;
    std::string request_id;  // For the test event.
    std::string host_id;

    ONPUT_FIELDS(bucket, configuration, skip_destination_validation, request_id, host_id)
    friend bool operator==(const PutNotification&, const PutNotification&) = default;
};

struct GetNotification {
    static constexpr MessageInfo info{.kind = Kind::get_notification};
    static constexpr std::string_view method = "storage.get_notification";
    using Reply = NotificationConfiguration;

    std::string bucket;

    ONPUT_FIELDS(bucket)
    friend bool operator==(const GetNotification&, const GetNotification&) = default;
};

// What one rule says to one event, in words.
struct RuleExplanation {
    std::string rule_id;
    std::string destination_arn;
    bool matches = false;
    std::string
        why;  // "prefix 'in/' does not start key 'out/a'" or "event, prefix and suffix match".

    ONPUT_FIELDS(rule_id, destination_arn, matches, why)
    friend bool operator==(const RuleExplanation&, const RuleExplanation&) = default;
};

struct EventExplained {
    static constexpr MessageInfo info{.kind = Kind::event_explained};

    std::vector<RuleExplanation> rules;
    bool object_exists = false;

    ONPUT_FIELDS(rules, object_exists)
    friend bool operator==(const EventExplained&, const EventExplained&) = default;
};

// A dry run: which rules would an event of that name for that key match, and why do the others not?
struct ExplainEvent {
    static constexpr MessageInfo info{.kind = Kind::explain_event};
    static constexpr std::string_view method = "storage.explain_event";
    using Reply = EventExplained;

    std::string bucket;
    std::string key;
    std::string event_name;  // "s3:ObjectCreated:Put".

    ONPUT_FIELDS(bucket, key, event_name)
    friend bool operator==(const ExplainEvent&, const ExplainEvent&) = default;
};

}  // namespace onput::schema
