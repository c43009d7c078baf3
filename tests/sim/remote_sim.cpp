// remote_sim: the storage service on its real host, with crashes and unsynced writes lost, a disk
// that is full at times, rows that cannot be read for a while, and a clock that is set. A bucket
// is replicated to one at an endpoint outside, over connections that lose, delay and repeat what
// they carry, and that is away at times, refuses and fails.
//
//   1. In the end every version and delete marker is COMPLETED or FAILED.
//   2. A COMPLETED one is at the endpoint once, with equal bytes, metadata, tags and hold; a
//      COMPLETED marker hides what was made before it.
//   3. The endpoint has nothing else, and of each key in the order of the originals.
//   4. Of a FAILED one an event was told; what was told to be late is told to be there, or FAILED.
//   5. When all is well, what FAILED is tried again by the batch command, and is COMPLETED then, or
//      there is a newer one of its key.
//   6. Rows and blobs fit each other after every crash.
//   7. A version that is read to be copied, or a range of it to be a part, has the bytes that were
//      put, encrypted or not.
//
// Worlds differ (RemoteKind): S3 has no condition that tells a write which outlived its connection
// from its repetition where a key was absent before and after, or had equal bytes. So there are no
// markers and no equal versions where requests arrive that late; and none arrive late where the
// endpoint knows no conditions.
//
//   remote_sim [first_seed [count]]      a failure prints the seed that repeats it
#include <algorithm>
#include <map>
#include <set>
#include <string>

#include <fmt/format.h>

#include "common/base/encoding.hpp"
#include "tests/sim/remote_client.hpp"
#include "tests/sim/remote_http.hpp"
#include "tests/sim/replicating_storage.hpp"
#include "tests/sim/seeds.hpp"
#include "tests/sim/told.hpp"

namespace onput::sim {
namespace {

using std::chrono::minutes;

constexpr std::uint64_t seeds_default = 20;
constexpr Duration trouble_time = minutes(8);
constexpr Duration retry_time = minutes(30);  // What was postponed waits up to ten.
constexpr Duration run_time = minutes(50);

class RemoteScene {
public:
    explicit RemoteScene(std::uint64_t seed)
        : world_(seed),
          kind_(static_cast<RemoteKind>(world_.random.below(3))),
          network_(world_),
          requests_(network_),
          bucket_(world_, {.name = backup,
                           .takes_conditions = kind_ != RemoteKind::unconditional,
                           .error_permille = world_.random.below(100),
                           .refusal_permille = world_.chance(500) ? 10u : 0u}),
          storage_({.world = world_, .requests = requests_}, remote()),
          client_({.world = world_, .requests = requests_, .storage = storage_, .kind = kind_}) {}

    bool run() {
        begin_trouble();
        run_until(trouble_time);
        is_troubled_ = false;
        world_.faults = {};
        faults_ = {};
        world_.jump(-world_.offset());
        storage_.heal();
        bucket_.be_kind();
        client_.stop_writing();
        run_until(retry_time);
        client_.retry_failed();
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
    ReplicatingStorage::Remote remote() {
        return {.endpoints = {fmt::format("{}=http://there.example", backup)},
                .keys = {fmt::format("{}=KEY:SECRET", backup)},
                .make_http = [this](transport::EventLoop& loop,
                                    const http::Options&) -> Result<std::unique_ptr<http::Client>> {
                    return std::make_unique<RemoteHttp>(RemoteHttp::Parts{
                        .from = storage_, .loop = loop, .bucket = bucket_, .faults = faults_});
                },
                .master_keys = master_keys()};
    }
    std::vector<std::string> master_keys() {
        if (world_.chance(500)) return {};
        return {"k1:" + to_base64(std::string(32, 'k'))};
    }
    void begin_trouble() {
        faults_ = {.lost_permille = world_.random.below(100),
                   .silent_permille = world_.random.below(100),
                   .slow_permille = world_.random.below(100),
                   .late_permille = kind_ == RemoteKind::late ? 200u : 0u};
        world_.faults.sync_crash_permille = world_.chance(500) ? 10 : 0;
        storage_.start();
        client_.start();
        world_.after(world_.between(seconds(1), minutes(1)), [this] { bucket_.make(); });
        keep_alive();
        keep(seconds(1), minutes(1), [this] { storage_.crash(); });
        keep(seconds(5), minutes(2),
             [this] { storage_.fill_disk(world_.between(seconds(1), seconds(20))); });
        keep(seconds(10), minutes(2),
             [this] { bucket_.go_away(world_.between(seconds(1), minutes(1))); });
        keep(seconds(10), minutes(2), [this] {
            storage_.damage_one_of({fmt::format("o/{}/", source), fmt::format("v/{}/", source),
                                    fmt::format("c/{}/", source)});
            world_.after(world_.between(seconds(1), minutes(1)), [this] { storage_.heal(); });
        });
        if (world_.chance(500)) {
            keep(seconds(10), minutes(3), [this] {
                world_.jump(world_.between(-minutes(600), minutes(600)));
                // Somebody sets it right.
                world_.after(world_.between(seconds(5), minutes(1)),
                             [this] { world_.jump(-world_.offset()); });
            });
        }
    }
    void run_until(Duration time) {
        while (world_.elapsed() < time && world_.step()) {
        }
    }
    // Longer than what it has sent is on its way.
    void keep_alive() {
        world_.after(world_.between(milliseconds(100), seconds(3)), [this] {
            if (!storage_.is_up()) storage_.start();
            keep_alive();
        });
    }
    // As long as there is trouble.
    void keep(Duration from, Duration to, const std::function<void()>& trouble) {
        world_.after(world_.between(from, to), [this, from, to, trouble] {
            if (!is_troubled_) return;
            trouble();
            keep(from, to, trouble);
        });
    }

    // --- What must be true in the end ---------------------------------------------------------

    // The originals, and what became of them.
    using Originals = std::map<std::string, std::map<std::uint64_t, const storage::ObjectRecord*>>;

    void check() {
        const auto events = storage_.told();
        const Told told(events);
        const auto versions = storage_.versions_of(source);
        world_.expect(!versions.empty(), "nothing was written");
        Originals originals;
        std::uint64_t completed = 0;
        for (const auto& [at, record] : versions) {
            originals[at.first][at.second] = &record;
            completed += check_status(at.first, record, told) ? 1u : 0u;
        }
        world_.expect(completed > 0, "nothing was replicated");
        // Those that were deleted since as well.
        std::map<std::string, std::set<std::uint64_t>> puts;
        std::map<std::string, std::set<std::uint64_t>> markers;
        for (const auto& event : events) {
            const auto id = storage::parse_sequencer(event.version_id);
            if (!id) continue;
            if (event.event_name.starts_with("ObjectCreated:")) puts[event.key].insert(*id);
            if (event.event_name == "ObjectRemoved:DeleteMarkerCreated")
                markers[event.key].insert(*id);
        }
        for (const auto& [key, history] : bucket_.all())
            check_origin(key, history, puts[key], markers[key]);
        for (const auto& [key, records] : originals) check_key(key, records);
        storage_.check_rows();
    }
    // Whether it is there.
    bool check_status(const std::string& key, const storage::ObjectRecord& record,
                      const Told& told) {
        const std::string what = fmt::format("{} {}", key, record.sequencer);
        const Place place{source, key, storage::sequencer_text(record.sequencer)};
        using enum schema::ReplicationStatus;
        world_.expect(record.replication.targets.size() == 1, "it has no destination: " + what);
        if (record.replication.targets.size() != 1) return false;
        const auto& to = record.replication.targets.front();
        const auto said = told.of(place, backup);
        world_.expect(to.status == completed || to.status == failed,
                      "neither completed nor failed: " + what);
        world_.expect(to.status != failed || said.has_failed, "a failure was not told: " + what);
        world_.expect(!said.is_late, "what became of a late one was not told: " + what);
        return to.status == completed;
    }
    // It has what somebody wrote here, and no marker of nobody.
    void check_origin(const std::string& key, const RemoteBucket::History& history,
                      const std::set<std::uint64_t>& puts, const std::set<std::uint64_t>& markers) {
        std::uint64_t last = 0;
        for (std::size_t i = 0; i < history.size(); ++i) {
            const auto& version = history[i];
            if (version.sequencer != 0) {
                world_.expect(puts.contains(version.sequencer),
                              fmt::format("{} {} was never written", key, version.sequencer));
                last = version.sequencer;
                continue;
            }
            const auto marker = markers.upper_bound(last);
            const std::uint64_t next =
                i + 1 < history.size() ? history[i + 1].sequencer : UINT64_MAX;
            world_.expect(next != 0, "two delete markers, one upon the other: " + key);
            world_.expect(marker != markers.end() && *marker < next,
                          "a delete marker that nobody made: " + key);
        }
    }
    void check_key(const std::string& key,
                   const std::map<std::uint64_t, const storage::ObjectRecord*>& records) {
        static const RemoteBucket::History nothing;
        const auto found = bucket_.all().find(key);
        const auto& history = found == bucket_.all().end() ? nothing : found->second;
        for (const auto& [sequencer, record] : records) {
            const std::string what = fmt::format("{} {}", key, sequencer);
            const auto& to = record->replication.targets.front();
            const bool is_newest = records.rbegin()->first == sequencer;
            const bool is_completed = to.status == schema::ReplicationStatus::completed;
            world_.expect(is_completed || !is_newest, "the newest has FAILED: " + what);
            if (!is_completed) continue;
            if (record->is_delete_marker) {
                check_marker(what, history, sequencer);
            } else {
                check_replica(what, history, *record);
            }
        }
    }
    // Between what is older and what is newer, unless nothing is older.
    void check_marker(const std::string& what, const RemoteBucket::History& history,
                      std::uint64_t sequencer) {
        bool is_hidden = true;
        for (const auto& version : history) {
            if (version.sequencer > sequencer) break;
            is_hidden = version.sequencer == 0;
        }
        world_.expect(is_hidden, "a delete marker hides nothing: " + what);
    }
    void check_replica(const std::string& what, const RemoteBucket::History& history,
                       const storage::ObjectRecord& record) {
        const auto found =
            std::ranges::find(history, record.sequencer, &RemoteBucket::Version::sequencer);
        if (found == history.end())
            return world_.broken("a completed replica is not there: " + what);
        world_.expect(found->etag == fmt::format("\"{}\"", record.etag),
                      "a replica has other bytes: " + what);
        world_.expect(found->id == record.replication.targets.front().replica_version,
                      "its original names another version: " + what);
        const std::string tags = record.tags.empty() ? ""
                                                     : fmt::format("{}={}", record.tags.front().key,
                                                                   record.tags.front().value);
        world_.expect(found->tags == tags, "a replica has other tags: " + what);
        world_.expect(found->has_hold || !record.lock.has_legal_hold,
                      "a replica has no legal hold: " + what);
        for (const auto& [name, value] : record.metadata) {
            const auto there = found->metadata.find(name);
            world_.expect(there != found->metadata.end() && there->second == value,
                          "a replica has other metadata: " + what);
        }
    }

    World world_;
    const RemoteKind kind_;
    Network network_;
    Requests requests_;
    RemoteBucket bucket_;
    RemoteFaults faults_;
    ReplicatingStorage storage_;
    RemoteClient client_;
    bool is_troubled_ = true;
};

}  // namespace
}  // namespace onput::sim

int main(int argc, char** argv) {
    using namespace onput::sim;
    return run_seeds<RemoteScene>(argc, argv, "remote_sim", seeds_default);
}
