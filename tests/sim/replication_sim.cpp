// replication_sim: the storage service on its real host, with crashes and unsynced writes lost, a
// disk that is full at times, and rows that cannot be read for a while. A bucket is replicated to
// two others: "target", whose versioning goes off and on, and "second", which replicates changes
// of its replicas back. Tags and locks change at both ends, and versions are deleted everywhere.
//
//   1. In the end every version is COMPLETED or FAILED in each bucket that a rule names.
//   2. A COMPLETED one is there under the same version id with equal bytes, tags, and a lock that
//      is no weaker, unless a client deleted it there.
//   3. Of a FAILED one an event was told; of each version never more than one of its creation in a
//      bucket: what was deleted does not come back.
//   4. What was told to be late is told to be there, or to have FAILED.
//   5. No lock ever gets weaker.
//   6. Rows and blobs fit each other after every crash: nothing is lost, nothing is left.
//
//   replication_sim [first_seed [count]]      a failure prints the seed that repeats it
#include <map>
#include <set>
#include <string>

#include <fmt/format.h>

#include "common/base/check.hpp"
#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"
#include "common/schema/bucket_configuration.hpp"
#include "common/schema/replication.hpp"
#include "common/schema/storage_versions.hpp"
#include "services/storage/replication/rules.hpp"
#include "tests/sim/replicating_storage.hpp"
#include "tests/sim/seeds.hpp"
#include "tests/sim/told.hpp"

namespace onput::sim {
namespace {

using std::chrono::minutes;

constexpr std::uint64_t seeds_default = 10;
constexpr Duration run_time = minutes(40);
constexpr Duration trouble_time = minutes(10);
constexpr const char* source = "source";
constexpr const char* target = "target";
constexpr const char* second = "second";
constexpr std::uint64_t keys_max = 8;

schema::ReplicationRule rule_to(const std::string& bucket, std::int32_t priority) {
    schema::ReplicationRule rule{.id = bucket, .priority = priority, .is_enabled = true};
    rule.destination.bucket = fmt::format("{}{}", schema::bucket_arn_prefix, bucket);
    rule.destination.time = {.is_enabled = true, .minutes = 15};
    rule.destination.metrics = {.is_enabled = true, .minutes = 15};
    rule.delete_markers = true;
    return rule;
}

// Puts, tags, locks and deletes objects, and turns the target's versions off and on.
class ReplicationClient final : public Node {
public:
    struct Parts {
        World& world;
        Requests& requests;
        Node& storage;
    };
    explicit ReplicationClient(const Parts& parts)
        : Node(parts.world, "client"), storage_(parts.requests.connect(*this, parts.storage)) {}

    void stop_writing() {
        is_writing_ = false;
        post([this] { version(target, schema::Versioning::enabled); });
    }
    // Versions that it deleted, or tried to.
    [[nodiscard]] const std::set<Place>& deleted() const { return deleted_; }

private:
    void on_start() override { set_up(); }
    void on_crash() override {}

    template <schema::Message M>
    using Done = std::function<void(const Result<typename M::Reply>&)>;
    // Until it is answered by what storage says of it.
    template <schema::Message M>
    void insist(
        const M& request, const std::string& bytes = {}, const Done<M>& done = [](const auto&) {}) {
        transport::CallOptions options;
        options.principal = {.account = replication_owner, .id = "AKID"};
        if (!bytes.empty()) options.attachments.push_back(transport::Frame::copy_of(bytes));
        transport::call(
            *storage_, request, std::move(options),
            [this, request, bytes, done](const Result<typename M::Reply>& reply,
                                         const std::vector<transport::Frame>&) {
                const bool is_lost = !reply && (reply.error().code == ErrorCode::timeout ||
                                                reply.error().code == ErrorCode::unavailable);
                if (!is_lost) return done(reply);
                after(seconds(1), [this, request, bytes, done] { insist(request, bytes, done); });
            });
    }
    // One after the other: each needs what was before it.
    template <schema::Message M>
    void then(const M& request, const std::function<void()>& next) {
        insist(request, {}, [next](const Result<typename M::Reply>&) { next(); });
    }
    void version(
        const char* bucket, schema::Versioning status, const std::function<void()>& next = [] {}) {
        then(schema::PutVersioning{.bucket = bucket, .status = status}, next);
    }
    void make_bucket(const char* bucket, const std::function<void()>& next) {
        then(schema::CreateBucket{.name = bucket},
             [=, this] { version(bucket, schema::Versioning::enabled, next); });
    }
    void replicate(const char* bucket, std::vector<schema::ReplicationRule> rules,
                   const std::function<void()>& next) {
        const schema::ReplicationConfiguration configuration{.role = "arn:aws:iam::0:role/r",
                                                             .rules = std::move(rules)};
        then(schema::PutBucketConfiguration{.bucket = bucket,
                                            .kind = schema::BucketConfigurationKind::replication,
                                            .id = {},
                                            .document = schema::encode(configuration)},
             next);
    }
    void lock(const char* bucket, const std::function<void()>& next) {
        then(schema::PutObjectLock{.bucket = bucket, .default_retention = {}}, next);
    }
    void set_up() {
        auto back = rule_to(source, 1);
        back.replica_modifications = true;
        const auto configure = [this, back] {
            replicate(source, {rule_to(target, 1), rule_to(second, 2)},
                      [this, back] { replicate(second, {back}, [this] { act(); }); });
        };
        const auto lock_both = [this, configure] {
            lock(source, [this, configure] { lock(second, configure); });
        };
        make_bucket(source, [this, lock_both] {
            make_bucket(target, [this, lock_both] { make_bucket(second, lock_both); });
        });
    }
    void act() {
        after(world_.between(milliseconds(10), seconds(3)), [this] {
            if (!is_writing_) return;
            const std::string key = fmt::format("key{}", world_.random.below(keys_max));
            switch (world_.random.below(18)) {
                case 0: insist(schema::DeleteObject{.bucket = source, .key = key}); break;
                case 1: flap(); break;
                case 2: delete_version(); break;
                case 3:
                case 4:
                case 5: change_lock(); break;
                case 6:
                case 7:
                case 8:
                case 9: tag(); break;
                default: put(key);
            }
            act();
        });
    }
    void put(const std::string& key) {
        std::string text = fmt::format("text {} ", ++count_);
        text.resize(text.size() + world_.random.below(world_.chance(500) ? 30 : 40'000), 'x');
        schema::PutObject object{.bucket = source, .key = key, .size_bytes = text.size()};
        object.etag = to_hex(Digest::of(DigestAlgorithm::md5, text));
        insist(object, text, [this, key](const Result<schema::ObjectPut>& made) {
            if (made) versions_.emplace_back(key, made->version_id);
        });
    }
    // A version, the later the likelier, as one end has it.
    template <typename Request>
    bool aim(Request& request) {
        if (versions_.empty()) return false;
        const std::size_t age =
            std::min(world_.random.below(versions_.size()), world_.random.below(versions_.size()));
        const auto& [key, id] = versions_[versions_.size() - 1 - age];
        request.bucket = world_.chance(500) ? source : second;
        request.key = key;
        request.version_id = id;
        return true;
    }
    void tag() {
        schema::PutTags request;
        if (aim(request)) tag(std::move(request));
    }
    void tag(schema::PutTags request) {
        request.tags = {{.key = request.bucket, .value = fmt::format("{}", ++count_)}};
        insist(request);
    }
    void change_lock() {
        if (world_.chance(500)) {
            schema::PutLegalHold request{.is_on = true};
            if (!aim(request)) return;
            insist(request);
            return tag_other_end(request);
        }
        schema::PutRetention request;
        if (!aim(request)) return;
        request.mode = world_.chance(500) ? storage::governance : storage::compliance;
        request.retain_until = world_.wall() + std::chrono::days(1 + world_.random.below(100));
        insist(request);
        tag_other_end(request);
    }
    // Of the same version, at the same time.
    template <typename Request>
    void tag_other_end(const Request& request) {
        schema::PutTags tags;
        tags.bucket = request.bucket == source ? second : source;
        tags.key = request.key;
        tags.version_id = request.version_id;
        if (world_.chance(700)) tag(std::move(tags));
    }
    void delete_version() {
        schema::DeleteObject request;
        if (!aim(request)) return;
        if (world_.chance(200)) request.bucket = target;
        deleted_.emplace(request.bucket, request.key, request.version_id);
        insist(request);
    }
    void flap() {
        const bool goes_off = world_.chance(300);
        version(target, goes_off ? schema::Versioning::suspended : schema::Versioning::enabled);
    }

    std::unique_ptr<transport::RequestClient> storage_;
    bool is_writing_ = true;
    std::uint64_t count_ = 0;
    std::vector<std::pair<std::string, std::string>> versions_;
    std::set<Place> deleted_;
};

class ReplicationWorld {
public:
    explicit ReplicationWorld(std::uint64_t seed)
        : world_(seed),
          network_(world_),
          requests_(network_),
          storage_({.world = world_, .requests = requests_}),
          client_({.world = world_, .requests = requests_, .storage = storage_}) {}

    bool run() {
        storage_.start();
        client_.start();
        keep_alive();
        keep_crashing();
        keep_filling();
        keep_damaging();
        run_until(trouble_time);
        is_troubled_ = false;
        world_.faults = {};
        storage_.heal();
        client_.stop_writing();
        run_until(run_time);
        check();
        storage_.crash();
        storage_.start();
        storage_.check_rows();
        storage_.check_blobs();
        return !world_.failure();
    }
    [[nodiscard]] World& world() { return world_; }

private:
    void run_until(Duration time) {
        while (world_.elapsed() < time && world_.step()) {
        }
    }
    void keep_alive() {
        world_.after(world_.between(milliseconds(5), seconds(3)), [this] {
            if (!storage_.is_up()) storage_.start();
            keep_alive();
        });
    }
    void keep_crashing() {
        world_.faults.sync_crash_permille = world_.chance(500) ? 20 : 0;
        world_.after(world_.between(seconds(1), minutes(1)), [this] {
            if (!is_troubled_) return;
            storage_.crash();
            keep_crashing();
        });
    }
    void keep_filling() {
        world_.after(world_.between(seconds(5), minutes(2)), [this] {
            if (!is_troubled_) return;
            storage_.fill_disk(world_.between(seconds(1), seconds(20)));
            keep_filling();
        });
    }
    void keep_damaging() {
        world_.after(world_.between(seconds(10), minutes(2)), [this] {
            if (!is_troubled_) return;
            storage_.damage_one_of({fmt::format("o/{}/", source), fmt::format("v/{}/", source),
                                    fmt::format("c/{}/", source)});
            world_.after(world_.between(seconds(1), minutes(1)), [this] { storage_.heal(); });
            keep_damaging();
        });
    }

    void check() {
        const Told told(storage_.told());
        for (const auto& [place, count] : told.created)
            world_.expect(count == 1, "a version was made twice: " + std::get<1>(place));
        std::map<std::string, ReplicatingStorage::Versions> versions;
        for (const char* bucket : {source, target, second})
            versions[bucket] = storage_.versions_of(bucket);
        world_.expect(!versions[source].empty(), "nothing was written");
        for (const char* bucket : {source, second}) {
            for (const auto& [at, record] : versions[bucket]) {
                const Place place{bucket, at.first, storage::sequencer_text(record.sequencer)};
                for (const auto& to : record.replication.targets) {
                    check_target(place, record, to, told.of(place, to.destination));
                    if (to.status == schema::ReplicationStatus::completed)
                        check_replica(place, record, to.destination, versions[to.destination]);
                }
            }
        }
        storage_.check_rows();
    }
    void check_target(const Place& place, const storage::ObjectRecord& record,
                      const schema::ReplicationTarget& to, const Told::Replication& told) {
        const std::string what = fmt::format("s3://{}/{} {} to {}", std::get<0>(place),
                                             std::get<1>(place), record.sequencer, to.destination);
        using enum schema::ReplicationStatus;
        world_.expect(to.status == completed || to.status == failed,
                      "neither completed nor failed: " + what);
        if (to.status == failed) world_.expect(told.has_failed, "a failure was not told: " + what);
        world_.expect(!told.is_late, "what became of a late one was not told: " + what);
    }
    void check_replica(const Place& place, const storage::ObjectRecord& record,
                       const std::string& destination, const ReplicatingStorage::Versions& there) {
        const auto& [bucket, key, id] = place;
        const std::string what = fmt::format("s3://{}/{} {} in {}", bucket, key, id, destination);
        const auto found = there.find({key, record.sequencer});
        if (found == there.end()) {
            world_.expect(client_.deleted().contains({destination, key, id}),
                          "a completed replica is not there: " + what);
            return;
        }
        const storage::ObjectRecord& copy = found->second;
        world_.expect(copy.is_delete_marker == record.is_delete_marker &&
                          copy.replication.is_replica != record.replication.is_replica &&
                          copy.etag == record.etag,
                      "a replica is not what its original is: " + what);
        const auto status = storage::replication_status_of(copy);
        // What came back from one bucket does not go to the other.
        const bool is_from_other = !record.tags.empty() && record.tags.front().key != bucket &&
                                   record.tags.front().key != destination;
        if (status != schema::ReplicationStatus::failed && !is_from_other)
            world_.expect(copy.tags == record.tags, "a replica has other tags: " + what);
        // The target has none.
        if (destination != target)
            world_.expect(!is_weaker(copy.lock, record.lock),
                          "a replica's lock is weaker: " + what);
        if (record.is_delete_marker) return;
        world_.expect(storage_.read(destination, key, id) == storage_.read(bucket, key, id),
                      "a replica has other bytes: " + what);
    }

    World world_;
    Network network_;
    Requests requests_;
    ReplicatingStorage storage_;
    ReplicationClient client_;
    bool is_troubled_ = true;
};

}  // namespace
}  // namespace onput::sim

int main(int argc, char** argv) {
    using namespace onput::sim;
    return run_seeds<ReplicationWorld>(argc, argv, "replication_sim", seeds_default);
}
