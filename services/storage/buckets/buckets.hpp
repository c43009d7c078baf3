// BucketTable: every bucket, in memory, as the rows "b/<bucket>" have them. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/schema/storage.hpp"
#include "common/schema/wire.hpp"
#include "common/service/caller.hpp"
#include "services/storage/access/bucket_access.hpp"
#include "services/storage/buckets/notification.hpp"
#include "services/storage/encryption/object_key.hpp"
#include "services/storage/objects/records.hpp"

namespace onput::storage {

inline constexpr std::size_t buckets_per_account_max = 10'000;
inline constexpr std::size_t buckets_max = 20'000;

class Identities;  // identity/identities.hpp
using service::Caller;

struct Bucket {
    BucketRecord record;  // Its rules are in `rules`, its policy in `access` as well.
    BucketRules rules;
    BucketAccess access;
    DefaultEncryption default_encryption = {};
};

class BucketTable {
public:
    // `identities` outlive this: what a limited caller may do is asked there.
    explicit BucketTable(const Identities& identities) : identities_(identities) {}

    // Reads every bucket row of `readable`. A name without a bucket is looked up in `rows`, which
    // outlives this: there may be a row that could not be read.
    Result<void> restore(const store::View& readable, const store::View& rows);
    // Makes one entry again what its row says: a commit about it failed.
    Result<void> reload(const store::View& view, const std::string& name);

    // The bucket, whoever asks: `no_such_bucket`; `wrong_region` when the caller means another
    // region; `access_denied` when the caller expects another owner. The latter two tell its
    // region, in the detail x-amz-bucket-region.
    Result<const Bucket*> look_up(const std::string& name, const Caller& caller) const;
    // The bucket, if the caller may do with it what it asks for (access/judge.hpp).
    Result<const Bucket*> find(const std::string& name, const Caller& caller) const;
    // Likewise of a key, whatever is there. `new_tags`: those that the request brings.
    Result<const Bucket*> find_for_key(const std::string& name, const std::string& key,
                                       const Caller& caller,
                                       const std::vector<schema::Tag>* new_tags = nullptr) const;

    // The bucket, for what is no caller's business: `no_such_bucket`.
    Result<const Bucket*> find_for_anybody(const std::string& name) const;

    // Puts the row of a new bucket into the batch. Creating one's own bucket again changes nothing.
    Result<schema::BucketInfo> create(const schema::CreateBucket& request, const Caller& caller,
                                      std::string_view default_region, store::Batch& batch);
    // Removes a bucket that `find` has answered, and that has no object.
    void remove(const std::string& name, store::Batch& batch);
    // Of a policy that fits the bucket; empty: none.
    Result<void> set_policy(const std::string& name, const std::string& policy,
                            store::Batch& batch);
    void set_acl(const std::string& name, std::optional<schema::Acl> acl, store::Batch& batch);
    // What a configuration means for access, whose row is in the batch already.
    void apply_configuration(const std::string& name, schema::BucketConfigurationKind kind,
                             const std::optional<std::string>& document);
    void set_rules(const std::string& name, BucketRules rules, bool has_event_bridge,
                   store::Batch& batch);
    void set_versioning(const std::string& name, schema::Versioning status, store::Batch& batch);
    // Turns object lock on; it cannot be turned off.
    void set_object_lock(const std::string& name, const schema::DefaultRetention& retention,
                         store::Batch& batch);

    [[nodiscard]] schema::BucketList list(const schema::ListBuckets& request,
                                          const Caller& caller) const;

    [[nodiscard]] const std::map<std::string, Bucket>& all() const { return buckets_; }

private:
    Result<void> take(const store::View& view, std::string_view row, std::string_view value);
    void write(const Bucket& bucket, store::Batch& batch) const;
    [[nodiscard]] Result<void> check_absent(const std::string& name) const;
    [[nodiscard]] std::size_t count_of(std::string_view account) const;

    const Identities& identities_;
    std::map<std::string, Bucket> buckets_;
    const store::View* rows_ = nullptr;
};

schema::BucketInfo info_of(const Bucket& bucket);

}  // namespace onput::storage
