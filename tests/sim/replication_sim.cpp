// replication_sim: the storage service on its real host, with crashes and unsynced writes lost,
// while a bucket is replicated to another one whose versioning goes off and on.
//
//   1. In the end every version that the rule takes, object or marker, is COMPLETED or FAILED.
//   2. A COMPLETED one is in the other bucket under the same version id, with equal bytes.
//   3. Of a FAILED one an event was told; of a COMPLETED one never more than one of its replica.
//   4. Rows and blobs fit each other after every crash: nothing is lost, nothing is left.
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
#include "services/storage/objects/blob_references.hpp"
#include "services/storage/replication/rules.hpp"
#include "services/storage/service.hpp"
#include "tests/sim/seeds.hpp"
#include "tests/sim/service_node.hpp"

namespace onput::sim {
namespace {

using std::chrono::minutes;

constexpr std::uint64_t seeds_default = 10;
constexpr Duration run_time = minutes(40);
constexpr Duration trouble_time = minutes(10);
constexpr const char* owner = "000000000000";
constexpr const char* source = "source";
constexpr const char* target = "target";
constexpr std::uint64_t keys_max = 8;
// Small, so that some texts are blobs.
constexpr std::uint64_t inline_bytes_max = 30;

class ReplicatingStorage final : public ServiceNode {
public:
    explicit ReplicatingStorage(const Parts& parts) : ServiceNode(parts, "storage") {}

    using Versions = std::map<std::pair<std::string, std::uint64_t>, storage::ObjectRecord>;
    [[nodiscard]] Versions versions_of(const std::string& bucket) const {
        Versions all;
        storage::VersionWalk walk(bucket, "");
        while (true) {
            const auto page = walk.next(store(), 1000);
            ONPUT_CHECK(page.has_value());
            for (const auto& version : page->versions)
                all[{version.key, version.record.sequencer}] = version.record;
            if (page->is_last) return all;
        }
    }
    [[nodiscard]] std::vector<schema::ObjectEvent> told() const {
        std::vector<schema::ObjectEvent> all;
        auto range = store::Range::of_prefix("e/");
        while (true) {
            const auto rows = store().scan(storage::partition, range, store::scan_rows_max);
            ONPUT_CHECK(rows.has_value());
            if (rows->empty()) return all;
            for (const auto& row : *rows)
                all.push_back(*schema::decode<schema::ObjectEvent>(row.value));
            range.from = rows->back().key + '\0';
        }
    }
    std::string read(const std::string& bucket, const std::string& key,
                     const std::string& version_id) {
        schema::GetObject request{.bucket = bucket, .key = key};
        request.version_id = version_id;
        const storage::Caller caller{
            .principal = {.account = owner, .id = "check"}, .trace = {}, .now = world_.wall()};
        const auto got = storage_->core().get_object(request, caller);
        if (!got) return got.error().message;
        std::string bytes = got->bytes;
        for (const auto& piece :
             storage::pieces_of(got->segments, got->got.offset, got->got.length)) {
            const auto piece_read =
                blobs().read_now(piece.blob, {.offset = piece.offset, .length = piece.length});
            bytes += piece_read ? *piece_read : std::string("not to be read");
        }
        return bytes;
    }
    void check_rows() {
        const auto rows = storage_->core().check_rows();
        world_.expect(rows.has_value(), "rows do not fit: " + (rows ? "" : rows.error().message));
    }
    void check_blobs() {
        std::size_t count = 0;
        const storage::ReferenceReader rows(store(), storage::ReferenceReader::Directory::data);
        ONPUT_CHECK(rows.for_each([&count](const store::BlobRef&) { ++count; }).has_value());
        world_.expect(blobs().count() == count, "blobs are left, or lost");
    }

private:
    Result<std::unique_ptr<runtime::Service>> open_service() override {
        storage::Config config;
        config.inline_bytes_max = inline_bytes_max;
        config.free_bytes_min = 0;
        config.lifecycle_interval_s = 0;
        config.replication_bytes_per_second = 20'000;
        config.replication_versions_per_second = 100;
        config.replication_threshold_ms = 5'000;
        ONPUT_TRY(auto service, storage::StorageService::open(*this, config));
        storage_ = service.get();
        return service;
    }
    void check_turn() override { storage_->core().check_invariants(); }
    Node& peer(const std::string&) override { return *this; }

    storage::StorageService* storage_ = nullptr;  // Of this life.
};

// Puts, tags and deletes objects, and turns the target's versions off and on.
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

private:
    void on_start() override { set_up(); }
    void on_crash() override {}

    // Until it is answered by what storage says of it.
    template <schema::Message M>
    void insist(
        const M& request, const std::string& bytes = {},
        const std::function<void()>& done = [] {}) {
        transport::CallOptions options;
        options.principal = {.account = owner, .id = "AKID"};
        if (!bytes.empty()) options.attachments.push_back(transport::Frame::copy_of(bytes));
        transport::call(
            *storage_, request, std::move(options),
            [this, request, bytes, done](const Result<typename M::Reply>& reply,
                                         const std::vector<transport::Frame>&) {
                const bool is_lost = !reply && (reply.error().code == ErrorCode::timeout ||
                                                reply.error().code == ErrorCode::unavailable);
                if (!is_lost) return done();
                after(seconds(1), [this, request, bytes, done] { insist(request, bytes, done); });
            });
    }
    void version(
        const char* bucket, schema::Versioning status, const std::function<void()>& done = [] {}) {
        insist(schema::PutVersioning{.bucket = bucket, .status = status}, {}, done);
    }
    // One after the other: each needs what was before it.
    void set_up() {
        schema::ReplicationRule rule{.id = "all", .priority = 1, .is_enabled = true};
        rule.destination.bucket = fmt::format("{}{}", schema::bucket_arn_prefix, target);
        rule.destination.time = {.is_enabled = true, .minutes = 15};
        rule.destination.metrics = {.is_enabled = true, .minutes = 15};
        rule.delete_markers = true;
        const schema::ReplicationConfiguration configuration{.role = "arn:aws:iam::0:role/r",
                                                             .rules = {rule}};
        const schema::PutBucketConfiguration put{
            .bucket = source,
            .kind = schema::BucketConfigurationKind::replication,
            .id = {},
            .document = schema::encode(configuration)};
        insist(schema::CreateBucket{.name = source}, {}, [=, this] {
            insist(schema::CreateBucket{.name = target}, {}, [=, this] {
                version(source, schema::Versioning::enabled, [=, this] {
                    version(target, schema::Versioning::enabled,
                            [=, this] { insist(put, {}, [this] { act(); }); });
                });
            });
        });
    }
    void act() {
        after(world_.between(milliseconds(10), seconds(4)), [this] {
            if (!is_writing_) return;
            const std::string key = fmt::format("key{}", world_.random.below(keys_max));
            switch (world_.random.below(8)) {
                case 0: insist(schema::DeleteObject{.bucket = source, .key = key}); break;
                case 1: tag(key); break;
                case 2: flap(); break;
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
        insist(object, text);
    }
    void tag(const std::string& key) {
        schema::PutTags request;
        request.bucket = source;
        request.key = key;
        request.tags = {{.key = "count", .value = fmt::format("{}", ++count_)}};
        insist(request);
    }
    void flap() {
        const bool goes_off = world_.chance(300);
        version(target, goes_off ? schema::Versioning::suspended : schema::Versioning::enabled);
    }

    std::unique_ptr<transport::RequestClient> storage_;
    bool is_writing_ = true;
    std::uint64_t count_ = 0;
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
        run_until(trouble_time);
        is_troubled_ = false;
        world_.faults = {};
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

    void check() {
        std::set<std::pair<std::string, std::string>> failures;
        std::map<std::pair<std::string, std::string>, int> replicas;
        for (const auto& event : storage_.told()) {
            const std::pair version{event.key, event.version_id};
            if (event.event_name == "Replication:OperationFailedReplication")
                failures.insert(version);
            if (event.bucket == target && event.event_name == "ObjectCreated:Put")
                ++replicas[version];
        }
        for (const auto& [version, count] : replicas)
            world_.expect(count == 1, "a replica was made twice: " + version.first);
        const auto copies = storage_.versions_of(target);
        const auto originals = storage_.versions_of(source);
        world_.expect(!originals.empty(), "nothing was written");
        for (const auto& [at, record] : originals) {
            const std::string id = storage::sequencer_text(record.sequencer);
            const std::string what = fmt::format("{} {}", at.first, id);
            switch (storage::replication_status_of(record)) {
                case schema::ReplicationStatus::completed:
                    check_replica(at.first, record, copies);
                    break;
                case schema::ReplicationStatus::failed:
                    world_.expect(failures.contains({at.first, id}),
                                  "a failure was not told: " + what);
                    break;
                default: world_.broken("neither completed nor failed: " + what);
            }
        }
        storage_.check_rows();
    }
    void check_replica(const std::string& key, const storage::ObjectRecord& record,
                       const ReplicatingStorage::Versions& copies) {
        const auto found = copies.find({key, record.sequencer});
        if (found == copies.end()) return world_.broken("a completed replica is not there: " + key);
        const storage::ObjectRecord& copy = found->second;
        world_.expect(copy.is_delete_marker == record.is_delete_marker &&
                          copy.replication.is_replica && copy.etag == record.etag &&
                          copy.tags == record.tags,
                      "a replica is not what its original is: " + key);
        if (record.is_delete_marker) return;
        const std::string id = storage::sequencer_text(record.sequencer);
        world_.expect(storage_.read(target, key, id) == storage_.read(source, key, id),
                      "a replica has other bytes: " + key);
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
