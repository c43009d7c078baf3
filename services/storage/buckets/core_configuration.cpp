// What StorageCore does with the configurations of buckets. They are read from their rows: a bucket
// may have thousands, and few requests ask for one.
#include <set>

#include <fmt/format.h>

#include "common/schema/lifecycle.hpp"
#include "services/storage/access/new_access.hpp"
#include "services/storage/core.hpp"
#include "services/storage/objects/records.hpp"

namespace onput::storage {
namespace {

using Kind = schema::BucketConfigurationKind;

std::unexpected<Error> no_such_configuration() {
    return fail(ErrorCode::not_found, "The specified configuration does not exist.",
                "no_such_configuration");
}

Result<void> check_kind(Kind kind) {
    if (schema::is_known(kind)) return {};
    return fail(ErrorCode::invalid_argument,
                fmt::format("kind {} of a bucket's configuration is not known here: the caller is "
                            "newer than this storage service",
                            static_cast<unsigned>(kind)),
                "invalid_argument");
}

Result<void> check_name(Kind kind, const std::string& id) {
    ONPUT_TRY_VOID(check_kind(kind));
    if (schema::has_ids(kind) == id.empty()) {
        return fail(ErrorCode::invalid_argument,
                    id.empty() ? "a configuration of this kind is named by its id"
                               : "a bucket has one configuration of this kind, without an id",
                    "invalid_argument");
    }
    if (id.size() <= schema::configuration_id_bytes_max) return {};
    return fail(ErrorCode::invalid_argument,
                fmt::format("the id of a configuration has at most {} bytes, not {}",
                            schema::configuration_id_bytes_max, id.size()),
                "invalid_argument");
}

// Whether one more may be added.
Result<void> check_count(const store::View& view, const std::string& bucket, Kind kind) {
    static_assert(schema::configurations_per_kind_max <= store::scan_rows_max);
    ONPUT_TRY(
        const auto rows,
        view.scan_keys(partition, store::Range::of_prefix(configuration_row(bucket, kind, "")),
                       schema::configurations_per_kind_max));
    if (rows.size() < schema::configurations_per_kind_max) return {};
    return fail(ErrorCode::resource_exhausted,
                fmt::format("You are attempting to create a new configuration but have already "
                            "reached the {}-configuration limit.",
                            schema::configurations_per_kind_max),
                "too_many_configurations");
}

std::size_t bytes_max_of(Kind kind) {
    if (kind == Kind::lifecycle) return schema::lifecycle_configuration_bytes_max;
    return kind == Kind::replication ? schema::replication_configuration_bytes_max
                                     : schema::configuration_bytes_max;
}

// Whether the service has the keys that an encryption configuration wants.
Result<void> check_keys_for(const std::string& document, const ServiceKeys& keys) {
    const auto wanted = read_default_encryption(document);
    if (wanted.by_kms && keys.kms.is_empty())
        return fail(ErrorCode::unimplemented, std::string(no_kms_keys), "no_kms_key");
    if (!wanted.by_kms && keys.masters.is_empty())
        return fail(ErrorCode::unimplemented, std::string(no_master_keys), "no_service_key");
    return {};
}

Change change_of(const std::string& bucket) {
    Change change{{store::Batch(std::string(partition))}};
    change.buckets.push_back(bucket);
    return change;
}

}  // namespace

Result<schema::Empty> StorageCore::put_bucket_configuration(
    const schema::PutBucketConfiguration& request, const Caller& caller, Effects& effects) {
    ONPUT_TRY(const Bucket* const found, buckets_.find(request.bucket, caller));
    ONPUT_TRY_VOID(check_name(request.kind, request.id));
    if (request.kind == Kind::ownership_controls) {
        ONPUT_TRY_VOID(
            check_acl_with_ownership(found->record.acl, read_ownership(request.document)));
    }
    const std::size_t bytes_max = bytes_max_of(request.kind);
    if (request.document.size() > bytes_max) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("a configuration has at most {} bytes, not {}", bytes_max,
                                request.document.size()),
                    "configuration_too_large");
    }
    if (request.kind == Kind::lifecycle)
        ONPUT_TRY_VOID(schema::decode<schema::LifecycleConfiguration>(request.document));
    if (request.kind == Kind::replication) {
        ONPUT_TRY(const auto configuration,
                  schema::decode<schema::ReplicationConfiguration>(request.document));
        ONPUT_TRY_VOID(check_replication_buckets(*found, configuration));
    }
    ONPUT_TRY_VOID(room_.check());
    if (request.kind == Kind::encryption)
        ONPUT_TRY_VOID(check_keys_for(request.document, options_.keys));
    std::string row = configuration_row(request.bucket, request.kind, request.id);
    ONPUT_TRY(const auto before, view_.get(partition, row));
    if (!before && schema::has_ids(request.kind))
        ONPUT_TRY_VOID(check_count(view_, request.bucket, request.kind));
    Change change = change_of(request.bucket);
    forget_rules(request.bucket);
    change.batch.put(std::move(row),
                     schema::encode(schema::BucketConfiguration{.kind = request.kind,
                                                                .id = request.id,
                                                                .document = request.document,
                                                                .changed_at = caller.now}));
    buckets_.apply_configuration(request.bucket, request.kind, request.document);
    effects.changes.push_back(std::move(change));
    return schema::Empty{};
}

Result<void> StorageCore::check_replication_buckets(
    const Bucket& source, const schema::ReplicationConfiguration& configuration) const {
    const auto refuse = [](std::string message) {
        return fail(ErrorCode::invalid_argument, std::move(message), "invalid_request");
    };
    if (source.record.versioning != schema::Versioning::enabled)
        return refuse(
            "Versioning must be 'Enabled' on the bucket to apply a replication configuration");
    if (configuration.rules.size() > schema::replication_rules_max)
        return refuse(fmt::format("a replication configuration has at most {} rules, not {}",
                                  schema::replication_rules_max, configuration.rules.size()));
    std::set<std::string_view> destinations;
    for (const auto& rule : configuration.rules) destinations.insert(rule.destination.bucket);
    if (destinations.size() > schema::replication_destinations_max)
        return refuse(
            fmt::format("The rules of a bucket name at most {} destination buckets, "
                        "not {}.",
                        schema::replication_destinations_max, destinations.size()));
    for (const auto& rule : configuration.rules) {
        const std::string& arn = rule.destination.bucket;
        if (!arn.starts_with(schema::bucket_arn_prefix)) return refuse("Invalid bucket ARN.");
        const std::string name = arn.substr(schema::bucket_arn_prefix.size());
        // What is there, the first version that is sent asks.
        if (options_.endpoints.find(name) != nullptr) continue;
        const auto found = buckets_.all().find(name);
        if (found == buckets_.all().end()) return refuse("Destination bucket must exist.");
        const BucketRecord& destination = found->second.record;
        if (destination.versioning != schema::Versioning::enabled)
            return refuse("Destination bucket must have versioning enabled.");
        const std::string& account = rule.destination.account;
        if (!account.empty() && account != destination.owner_account)
            return refuse("Account must be the one that owns the destination bucket.");
    }
    return {};
}

Result<schema::Empty> StorageCore::delete_bucket_configuration(
    const schema::DeleteBucketConfiguration& request, const Caller& caller, Effects& effects) {
    ONPUT_TRY_VOID(buckets_.find(request.bucket, caller));
    ONPUT_TRY_VOID(check_name(request.kind, request.id));
    std::string row = configuration_row(request.bucket, request.kind, request.id);
    ONPUT_TRY(const auto before, view_.get(partition, row));
    if (!before) {
        if (schema::has_ids(request.kind)) return no_such_configuration();
        return schema::Empty{};
    }
    Change change = change_of(request.bucket);
    forget_rules(request.bucket);
    change.batch.remove(std::move(row));
    buckets_.apply_configuration(request.bucket, request.kind, std::nullopt);
    effects.changes.push_back(std::move(change));
    return schema::Empty{};
}

Result<schema::BucketConfiguration> StorageCore::get_bucket_configuration(
    const schema::GetBucketConfiguration& request, const Caller& caller) const {
    ONPUT_TRY_VOID(buckets_.find(request.bucket, caller));
    ONPUT_TRY_VOID(check_name(request.kind, request.id));
    ONPUT_TRY(const auto row,
              view_.get(partition, configuration_row(request.bucket, request.kind, request.id)));
    schema::BucketConfiguration configuration;
    if (row) {
        ONPUT_TRY(configuration, schema::decode<schema::BucketConfiguration>(*row));
    }
    // The default does not hold without keys.
    if (request.kind == Kind::encryption && !row) {
        const auto checked = check_keys_for(configuration.document, options_.keys);
        if (!checked)
            return fail(ErrorCode::not_found, checked.error().message,
                        "no_encryption_configuration");
        if (!options_.keys.encrypts_unasked)
            return fail(ErrorCode::not_found, "what asks for no encryption has none",
                        "no_encryption_configuration");
    }
    if (!row) return no_such_configuration();
    return configuration;
}

Result<schema::FoundBucketConfiguration> StorageCore::find_bucket_configuration(
    const schema::FindBucketConfiguration& request, const Caller& /*caller*/) const {
    if (!schema::is_for_anybody(request.kind)) {
        return fail(ErrorCode::invalid_argument,
                    "a configuration of this kind is its owner's alone", "invalid_argument");
    }
    ONPUT_TRY(const Bucket* bucket, buckets_.find_for_anybody(request.bucket));
    schema::FoundBucketConfiguration found{.owner_account = bucket->record.owner_account,
                                           .region = bucket->record.region,
                                           .document = {}};
    ONPUT_TRY(const auto row,
              view_.get(partition, configuration_row(request.bucket, request.kind, "")));
    if (!row) return found;
    ONPUT_TRY(auto configuration, schema::decode<schema::BucketConfiguration>(*row));
    found.document = std::move(configuration.document);
    return found;
}

Result<schema::BucketConfigurationList> StorageCore::list_bucket_configurations(
    const schema::ListBucketConfigurations& request, const Caller& caller) const {
    ONPUT_TRY_VOID(buckets_.find(request.bucket, caller));
    ONPUT_TRY_VOID(check_kind(request.kind));
    auto range = store::Range::of_prefix(configuration_row(request.bucket, request.kind, ""));
    if (!request.after.empty())
        range.from = configuration_row(request.bucket, request.kind, request.after) + '\0';
    ONPUT_TRY(const auto rows, view_.scan(partition, range, schema::configuration_page_max + 1));
    schema::BucketConfigurationList page;
    page.is_truncated = rows.size() > schema::configuration_page_max;
    for (const auto& row : rows) {
        if (page.configurations.size() == schema::configuration_page_max) break;
        ONPUT_TRY(auto configuration, schema::decode<schema::BucketConfiguration>(row.value));
        page.configurations.push_back(std::move(configuration));
    }
    return page;
}

Result<void> StorageCore::remove_configurations_of(const std::string& bucket,
                                                   store::Batch& batch) const {
    store::Range range = configuration_rows(bucket);
    while (true) {
        ONPUT_TRY(auto keys, view_.scan_keys(partition, range, store::scan_rows_max));
        if (keys.empty()) return {};
        range.from = keys.back() + '\0';
        for (auto& key : keys) batch.remove(std::move(key));
    }
}

}  // namespace onput::storage
