#include "services/storage/buckets/buckets.hpp"

#include <algorithm>

#include "common/base/check.hpp"
#include "common/service/rows.hpp"
#include "services/storage/access/judge.hpp"
#include "services/storage/access/new_access.hpp"
#include "services/storage/objects/names.hpp"

namespace onput::storage {
namespace {

// The one region where creating one's own bucket again, there, succeeds.
constexpr std::string_view lenient_region = "us-east-1";

std::unexpected<Error> access_denied() {
    return fail(ErrorCode::permission_denied, "Access Denied", "access_denied");
}

// Which region a bucket is in is no secret, as on AWS: clients find it out by asking.
std::unexpected<Error> refuse_caller(ErrorCode code, std::string reason, const Bucket& bucket) {
    const bool is_region = reason == "wrong_region";
    return std::unexpected(
        Error{.code = code,
              .message = is_region ? "the bucket is in another region" : "Access Denied",
              .reason = std::move(reason),
              .details = {{"x-amz-bucket-region", bucket.record.region}}});
}

std::unexpected<Error> about_bucket(ErrorCode code, std::string message, std::string reason,
                                    const std::string& name) {
    return std::unexpected(Error{.code = code,
                                 .message = std::move(message),
                                 .reason = std::move(reason),
                                 .details = {{"BucketName", name}}});
}

// Creating a bucket whose name is taken.
Result<schema::BucketInfo> create_again(const Bucket& bucket, std::string_view region,
                                        const Caller& caller) {
    const std::string& name = bucket.record.name;
    if (bucket.record.owner_account != caller.principal.account) {
        return about_bucket(
            ErrorCode::conflict,
            "The requested bucket name is not available. The bucket namespace is shared by all "
            "users of the system. Please select a different name and try again.",
            "bucket_already_exists", name);
    }
    if (bucket.record.region == lenient_region && region == lenient_region) return info_of(bucket);
    return about_bucket(ErrorCode::conflict,
                        "Your previous request to create the named bucket succeeded and you "
                        "already own it.",
                        "bucket_already_owned_by_you", name);
}

}  // namespace

schema::BucketInfo info_of(const Bucket& bucket) {
    return {.name = bucket.record.name,
            .owner_account = bucket.record.owner_account,
            .region = bucket.record.region,
            .created_at = bucket.record.created_at,
            .versioning = bucket.record.versioning,
            .has_object_lock = bucket.record.has_object_lock,
            .default_retention = bucket.record.default_retention};
}

namespace {

void set_configuration(Bucket& bucket, schema::BucketConfigurationKind kind,
                       const std::optional<std::string>& document) {
    bucket.access.set_configuration(kind, document);
    if (kind == schema::BucketConfigurationKind::encryption)
        bucket.default_encryption = read_default_encryption(document);
}

// What the rows beside a bucket's own say, and its policy.
Result<void> read_settings(const store::View& view, Bucket& bucket) {
    using enum schema::BucketConfigurationKind;
    const std::string& name = bucket.record.name;
    auto set = bucket.access.set_policy(bucket.record.policy, name);
    if (!set) {
        return std::unexpected(
            std::move(set).error().with_context("read the policy of bucket " + name));
    }
    for (const auto kind : {public_access_block, ownership_controls, encryption}) {
        ONPUT_TRY(const auto row, view.get(partition, configuration_row(name, kind, "")));
        if (!row) continue;
        ONPUT_TRY(const auto configuration, schema::decode<schema::BucketConfiguration>(*row));
        set_configuration(bucket, kind, configuration.document);
    }
    return {};
}

}  // namespace

Result<void> BucketTable::take(const store::View& view, std::string_view row,
                               std::string_view value) {
    auto record = schema::decode<BucketRecord>(value);
    if (!record) {
        return std::unexpected(
            std::move(record).error().with_context("read bucket row " + std::string(row)));
    }
    ONPUT_TRY(auto rules, BucketRules::make(std::move(record->rules)));
    record->rules.clear();
    Bucket bucket{.record = *std::move(record), .rules = std::move(rules)};
    ONPUT_TRY_VOID(read_settings(view, bucket));
    std::string name = bucket.record.name;
    buckets_.insert_or_assign(std::move(name), std::move(bucket));
    return {};
}

Result<void> BucketTable::restore(const store::View& readable, const store::View& rows) {
    ONPUT_CHECK(buckets_.empty());
    rows_ = &rows;
    return service::for_each_row(
        readable, partition, bucket_rows(),
        [this, &readable](const store::Row& row) { return take(readable, row.key, row.value); });
}

Result<void> BucketTable::reload(const store::View& view, const std::string& name) {
    ONPUT_TRY(const auto value, view.get(partition, bucket_row(name)));
    buckets_.erase(name);
    if (!value) return {};
    return take(view, name, *value);
}

// Nobody is told that a bucket is not there, or given its name, while its row cannot be read.
Result<void> BucketTable::check_absent(const std::string& name) const {
    if (rows_ == nullptr || !check_bucket_name(name)) return {};
    auto row = rows_->get(partition, bucket_row(name));
    if (row) return {};
    return std::unexpected(std::move(row).error().with_context("read bucket " + name));
}

Result<const Bucket*> BucketTable::find_for_anybody(const std::string& name) const {
    const auto found = buckets_.find(name);
    if (found != buckets_.end()) return &found->second;
    ONPUT_TRY_VOID(check_absent(name));
    return about_bucket(ErrorCode::not_found, "The specified bucket does not exist",
                        "no_such_bucket", name);
}

Result<const Bucket*> BucketTable::look_up(const std::string& name, const Caller& caller) const {
    ONPUT_TRY(const Bucket* const found, find_for_anybody(name));
    const Bucket& bucket = *found;
    const auto& principal = caller.principal;
    if (!principal.region.empty() && principal.region != bucket.record.region)
        return refuse_caller(ErrorCode::invalid_argument, "wrong_region", bucket);
    const bool expects_other = caller.access && !caller.access->expected_owner.empty() &&
                               caller.access->expected_owner != bucket.record.owner_account;
    if (expects_other) return refuse_caller(ErrorCode::permission_denied, "access_denied", bucket);
    return &bucket;
}

Result<const Bucket*> BucketTable::find(const std::string& name, const Caller& caller) const {
    ONPUT_TRY(const Bucket* const bucket, look_up(name, caller));
    ONPUT_TRY_VOID(judge({.bucket = *bucket, .identities = identities_, .caller = caller}));
    return bucket;
}

Result<const Bucket*> BucketTable::find_for_key(const std::string& name, const std::string& key,
                                                const Caller& caller,
                                                const std::vector<schema::Tag>* new_tags) const {
    ONPUT_TRY(const Bucket* const bucket, look_up(name, caller));
    ONPUT_TRY_VOID(judge({.bucket = *bucket,
                          .identities = identities_,
                          .caller = caller,
                          .key = key,
                          .new_tags = new_tags}));
    return bucket;
}

Result<schema::BucketInfo> BucketTable::create(const schema::CreateBucket& request,
                                               const Caller& caller,
                                               std::string_view default_region,
                                               store::Batch& batch) {
    const std::string& account = caller.principal.account;
    if (account.empty()) return access_denied();
    ONPUT_TRY_VOID(check_bucket_name(request.name));
    std::string region = request.region.empty() ? std::string(default_region) : request.region;
    ONPUT_TRY_VOID(check_region(region));
    if (const auto found = buckets_.find(request.name); found != buckets_.end()) {
        return create_again(found->second, region, caller);
    }
    ONPUT_TRY_VOID(check_absent(request.name));
    if (buckets_.size() >= buckets_max || count_of(account) >= buckets_per_account_max) {
        return fail(ErrorCode::resource_exhausted,
                    "You have attempted to create more buckets than allowed", "too_many_buckets");
    }
    Bucket made;
    made.record = {.name = request.name,
                   .owner_account = account,
                   .region = std::move(region),
                   .created_at = caller.now,
                   .rules = {},
                   .versioning = request.has_object_lock ? schema::Versioning::enabled
                                                         : schema::Versioning::unset,
                   .has_object_lock = request.has_object_lock};
    using enum schema::BucketConfigurationKind;
    if (!request.ownership.empty())
        made.access.set_configuration(ownership_controls, request.ownership);
    if (request.acl) {
        ONPUT_TRY(made.record.acl,
                  acl_of_new_bucket(made.record, made.access, *request.acl, caller));
    }
    const auto configure = [&](schema::BucketConfigurationKind kind, const std::string& document) {
        if (document.empty()) return;
        batch.put(configuration_row(request.name, kind, ""),
                  schema::encode(schema::BucketConfiguration{
                      .kind = kind, .id = {}, .document = document, .changed_at = caller.now}));
    };
    configure(ownership_controls, request.ownership);
    configure(tagging, request.tagging);
    batch.put(bucket_row(request.name), schema::encode(made.record));
    return info_of(buckets_[request.name] = std::move(made));
}

void BucketTable::remove(const std::string& name, store::Batch& batch) {
    ONPUT_CHECK(buckets_.erase(name) == 1);
    batch.remove(bucket_row(name));
}

void BucketTable::write(const Bucket& bucket, store::Batch& batch) const {
    BucketRecord record = bucket.record;
    record.rules = bucket.rules.rules();
    batch.put(bucket_row(record.name), schema::encode(record));
}

Result<void> BucketTable::set_policy(const std::string& name, const std::string& policy,
                                     store::Batch& batch) {
    Bucket& bucket = buckets_.at(name);
    ONPUT_TRY_VOID(bucket.access.set_policy(policy, name));
    bucket.record.policy = policy;
    write(bucket, batch);
    return {};
}

void BucketTable::set_acl(const std::string& name, std::optional<schema::Acl> acl,
                          store::Batch& batch) {
    Bucket& bucket = buckets_.at(name);
    bucket.record.acl = std::move(acl);
    write(bucket, batch);
}

void BucketTable::apply_configuration(const std::string& name, schema::BucketConfigurationKind kind,
                                      const std::optional<std::string>& document) {
    set_configuration(buckets_.at(name), kind, document);
}

void BucketTable::set_rules(const std::string& name, BucketRules rules, bool has_event_bridge,
                            store::Batch& batch) {
    Bucket& bucket = buckets_.at(name);
    bucket.rules = std::move(rules);
    bucket.record.has_event_bridge = has_event_bridge;
    write(bucket, batch);
}

void BucketTable::set_versioning(const std::string& name, schema::Versioning status,
                                 store::Batch& batch) {
    Bucket& bucket = buckets_.at(name);
    bucket.record.versioning = status;
    write(bucket, batch);
}

void BucketTable::set_object_lock(const std::string& name,
                                  const schema::DefaultRetention& retention, store::Batch& batch) {
    Bucket& bucket = buckets_.at(name);
    bucket.record.has_object_lock = true;
    bucket.record.default_retention = retention;
    write(bucket, batch);
}

schema::BucketList BucketTable::list(const schema::ListBuckets& request,
                                     const Caller& caller) const {
    schema::BucketList list;
    for (auto at = buckets_.lower_bound(request.prefix);
         at != buckets_.end() && at->first.starts_with(request.prefix); ++at) {
        if (at->second.record.owner_account == caller.principal.account) {
            list.buckets.push_back(info_of(at->second));
        }
    }
    return list;
}

std::size_t BucketTable::count_of(std::string_view account) const {
    return static_cast<std::size_t>(std::ranges::count_if(buckets_, [account](const auto& entry) {
        return entry.second.record.owner_account == account;
    }));
}

}  // namespace onput::storage
