// book_sim: the queue's real core and workers that split jobs into parts, on a store of objects and
// uploads that is a model, with time a variable. Workers die, stall and fall silent; what they say
// and what they are granted is lost; the queue is killed, with what it has not synced; storage
// fails; texts are replaced while they are spoken, and some have a part that fails for good.
//
//   1. A result is made of all parts of one version of its text, in their order, and is never
//      replaced by that of an older version.
//   2. When all is at rest, each text has the result of its newest version, unless that has a part
//      that fails for good, or the trouble took the last attempt of one of its steps.
//   3. Each job has one end, told once, and a job whose part fails for good fails.
//   4. A part whose end is durable is never handed out again, and a join only when all parts are
//      done or one has failed for good.
//   5. No upload is left, and no row of a split job: but for an upload that a worker begins which
//      has stalled until its job had failed.
//
//   book_sim [first_seed [count]]      a failure prints the seed that repeats it
#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "common/base/random.hpp"
#include "services/queue/lanes/lanes.hpp"
#include "services/queue/messages/records.hpp"
#include "tests/services/queue/station.hpp"
#include "tests/sim/seeds.hpp"

namespace onput::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t seeds_default = 200;
constexpr int steps_of_trouble = 600;
constexpr int steps_of_calm_max = 20'000;
constexpr std::uint32_t parts_max = 30;
constexpr std::uint64_t texts = 4;
constexpr std::size_t traced_steps = 50;
// Of a step whose attempts are used up.
constexpr std::array<std::string_view, 4> excuses{"odd", "complete", "job.lease_ended",
                                                  "job.worker_lost"};
constexpr std::uint32_t hopeless_share = 5;  // One version in so many has a part that fails.

// What happened lately, and the first broken promise.
class Story {
public:
    void note(std::string what) {
        if (is_all_traced_) fmt::print(stderr, "{}\n", what);
        lines_.push_back(std::move(what));
        if (lines_.size() > traced_steps) lines_.pop_front();
    }
    void expect(bool is_kept, const std::string& promise) {
        if (!is_kept && !failure_) failure_ = promise;
    }
    void trace_all() { is_all_traced_ = true; }
    void print_trace() const {
        for (const std::string& line : lines_) fmt::print(stderr, "  {}\n", line);
    }
    [[nodiscard]] const std::optional<std::string>& failure() const { return failure_; }

private:
    std::deque<std::string> lines_;
    std::optional<std::string> failure_;
    bool is_all_traced_ = false;
};

struct Version {
    std::uint64_t sequencer = 0;
    std::uint32_t parts = 1;  // 1: it is not split.
    bool is_hopeless = false;
};

struct Upload {
    std::string key;
    std::string job;  // Its idempotency key.
    std::uint64_t sequencer = 0;
    std::map<std::uint32_t, std::uint64_t> parts = {};  // Of which version each is.
};

// Storage, as far as a book meets it.
struct Objects {
    std::map<std::string, Version> texts = {};
    std::map<std::string, std::uint64_t> results = {};  // Of which version.
    std::map<std::uint64_t, Upload> uploads = {};
    std::set<std::uint64_t> completed = {};  // Uploads.
    std::set<std::uint64_t> strays = {};     // Begun for jobs that had failed.
    std::set<std::string> made = {};         // Jobs whose results are there.
    std::uint64_t last_upload = 0;

    std::uint64_t begin(const std::string& key, const std::string& job, std::uint64_t sequencer) {
        for (const auto& [id, upload] : uploads) {
            if (upload.job == job) return id;
        }
        uploads[++last_upload] = {.key = key, .job = job, .sequencer = sequencer};
        return last_upload;
    }
};

// A worker at its end of a lane.
struct Hand {
    std::string id;
    std::uint32_t places = 1;
    std::uint64_t epoch = 1;
    std::uint64_t received = 0;
    std::map<std::uint64_t, schema::LaneGrant> held = {};
    int silent_steps = 0;  // Does nothing, and says nothing.
};

class BookScene {
public:
    explicit BookScene(std::uint64_t seed) : random_(seed) {
        schema::FunctionInfo function;
        function.name = "speech";
        function.worker = "tts";
        function.retries_max = 2;
        function.retry_delay_s = 1;
        function.success_topic_arn = "arn:aws:sns:us-east-1:000000000000:good";
        function.failure_topic_arn = "arn:aws:sns:us-east-1:000000000000:bad";
        station_.put_function(function);
        const std::uint64_t workers = 1 + random_.below(3);
        for (std::uint64_t i = 0; i < workers; ++i) {
            hands_.push_back({.id = fmt::format("w{}", i),
                              .places = static_cast<std::uint32_t>(1 + random_.below(3))});
        }
    }

    Story& world() { return story_; }

    bool run() {
        for (std::uint64_t i = 0; i < texts; ++i) put(fmt::format("text {}", i));
        for (int step = 0; step < steps_of_trouble && !story_.failure(); ++step) troubled_step();
        is_calm_ = true;
        for (Hand& hand : hands_) hand.silent_steps = 0;
        int left = steps_of_calm_max;
        for (; left > 0 && !story_.failure() && !is_at_rest(); --left) step();
        story_.expect(left > 0, "it does not come to rest");
        if (!story_.failure()) check_end();
        return !story_.failure();
    }

private:
    [[nodiscard]] bool chance(std::uint64_t permille) {
        return !is_calm_ && random_.chance(permille, 1000);
    }
    [[nodiscard]] bool is_at_rest() { return station_.metric("onput_queue_all_messages") == 0; }

    void put(const std::string& key) {
        Version& text = objects_.texts[key];
        const bool is_split = random_.chance(3, 4);
        text = {
            .sequencer = ++sequencer_,
            .parts = is_split ? 2 + static_cast<std::uint32_t>(random_.below(parts_max - 1)) : 1,
            .is_hopeless = is_split && random_.chance(1, hopeless_share)};
        story_.note(fmt::format("put {} version {}: {} parts", key, text.sequencer, text.parts));
        // By its size alone a text may be small all the same.
        station_.invoke("speech", ++jobs_,
                        fmt::format(R"({{"key":"{}","size":{}}})", key,
                                    random_.chance(1, 2) ? 100 : 10'000'000));
    }

    void troubled_step() {
        if (chance(8)) put(fmt::format("text {}", random_.below(texts)));
        if (chance(6)) restart_queue();
        if (chance(8)) die(any_hand());
        if (chance(8)) any_hand().silent_steps = static_cast<int>(random_.below(60));
        step();
    }

    void step() {
        station_.pass(std::chrono::milliseconds(random_.below(400)));
        collect();
        listen();
        Hand& hand = any_hand();
        if (hand.silent_steps > 0) {
            --hand.silent_steps;
            return;
        }
        take_grants(hand);
        if (random_.chance(1, 3)) hello(hand);
        if (hand.held.empty()) return;
        auto at = hand.held.begin();
        std::advance(at, random_.below(hand.held.size()));
        work(hand, schema::LaneGrant(at->second));
    }

    Hand& any_hand() { return hands_[random_.below(hands_.size())]; }

    void restart_queue() {
        story_.note("the queue is killed");
        station_.restart();
        // What was granted and not looked at is lost on the way.
        station_.grants.clear();
        mail_.clear();
    }

    // What the queue has granted, before anything else happens.
    void collect() {
        for (schema::LaneGrants& grants : std::exchange(station_.grants, {})) {
            for (const schema::LaneGrant& grant : grants.grants) {
                story_.expect(!grant.part || !done_.contains(task_of(grant)),
                              "a part is handed out whose end is durable");
            }
            mail_.push_back(std::move(grants));
        }
    }

    void die(Hand& hand) {
        story_.note(hand.id + " dies");
        hand.held.clear();
        ++hand.epoch;
        hand.received = 0;
        if (random_.chance(1, 2)) hello(hand);
    }

    // --- Lanes

    void say(const Hand& hand, auto message) {
        message.worker_id = hand.id;
        message.epoch = hand.epoch;
        if (chance(20)) return story_.note(hand.id + " is not heard");
        // Killed before the sync: it was heard in vain.
        if (chance(5)) {
            is_synced_ = false;
            station_.stop_syncing();
        }
        station_.send(message);
        collect();
        if (!is_synced_) restart_queue();
        is_synced_ = true;
    }

    void hello(Hand& hand) {
        schema::LaneHello message{.endpoint = "ipc:///" + hand.id,
                                  .worker = "tts",
                                  .account = queue::test_account,
                                  .grants_received = hand.received,
                                  .places = hand.places};
        const auto holds = static_cast<std::uint32_t>(hand.held.size());
        message.credit = holds < hand.places ? hand.places - holds : 0;
        for (const auto& [lease, grant] : hand.held) message.leases.push_back(lease);
        say(hand, message);
        if (!message.leases.empty())
            say(hand, schema::LaneExtend{.leases = message.leases, .visibility_ms = 30'000});
    }

    void take_grants(Hand& hand) {
        std::vector<schema::LaneGrants> others;
        for (schema::LaneGrants& grants : std::exchange(mail_, {})) {
            if (grants.worker_id != hand.id) {
                others.push_back(std::move(grants));
                continue;
            }
            if (grants.epoch != hand.epoch) continue;
            if (chance(20)) {
                story_.note("grants to " + hand.id + " are lost");
                continue;
            }
            for (schema::LaneGrant& grant : grants.grants) take(hand, std::move(grant));
        }
        mail_ = std::move(others);
    }

    void take(Hand& hand, schema::LaneGrant grant) {
        ++hand.received;
        story_.expect(hand.held.size() <= hand.places, "a worker has more than its places");
        if (grant.join && grant.join->failure_code.empty()) {
            const std::size_t parts = parts_of(grant.join->plan);
            story_.expect(grant.join->results.size() == parts,
                          "a join has not the results of all parts");
        }
        hand.held.emplace(grant.lease, std::move(grant));
    }

    // True: the queue has taken it, durably.
    bool end(Hand& hand, std::uint64_t lease, schema::JobOutcome outcome = {}) {
        hand.held.erase(lease);
        const double before = station_.metric("onput_lane_acks_total");
        say(hand, schema::LaneAck{.leases = {lease}, .outcomes = {std::move(outcome)}});
        return station_.metric("onput_lane_acks_total") > before;
    }

    enum class Why : std::uint8_t { for_good, counted, house };
    void fail(Hand& hand, std::uint64_t lease, Why why, const std::string& code) {
        hand.held.erase(lease);
        say(hand, schema::LaneNack{.lease = lease,
                                   .is_counted = why != Why::house,
                                   .is_permanent = why == Why::for_good,
                                   .error_code = code,
                                   .error_message = "it went wrong"});
    }

    // --- Work: a task is "<upload> <version> <part>", a plan "<upload> <version> <parts>"

    static std::string task_of(const schema::LaneGrant& grant) { return grant.part->task; }
    static std::string key_of(const schema::LaneGrant& grant) {
        return grant.body.substr(8, grant.body.find('"', 8) - 8);
    }
    static std::uint64_t number_in(const std::string& text, int word) {
        std::size_t at = 0;
        for (int i = 0; i < word; ++i) at = text.find(' ', at) + 1;
        return std::strtoull(text.c_str() + at, nullptr, 10);
    }
    static std::size_t parts_of(const std::string& plan) { return number_in(plan, 2); }

    void work(Hand& hand, const schema::LaneGrant& grant) {
        // The last step of a job that fails is not made to fail as well: then an upload stays.
        const bool is_last = grant.join && !grant.join->failure_code.empty();
        if (!is_last && chance(30)) return fail(hand, grant.lease, Why::house, "storage_away");
        if (!is_last && chance(20)) return fail(hand, grant.lease, Why::counted, "odd");
        if (grant.join) return join(hand, grant);
        if (grant.part) return speak_part(hand, grant);
        speak(hand, grant);
    }

    void speak(Hand& hand, const schema::LaneGrant& grant) {
        const std::string key = key_of(grant);
        const Version text = objects_.texts.at(key);
        if (text.parts == 1) {
            drop_begun(grant);
            write_result(key, text.sequencer);
            end(hand, grant.lease);
            return;
        }
        listen();
        const bool is_ended = ends_.contains(grant.event_id);
        if (objects_.made.contains(grant.message_id))
            return fail(hand, grant.lease, Why::for_good, "superseded");
        const std::uint64_t upload = objects_.begin(key, grant.message_id, text.sequencer);
        if (is_ended) objects_.strays.insert(upload);
        if (chance(50)) return die(hand);
        schema::LaneSplit split{
            .lease = grant.lease,
            .plan = fmt::format("{} {} {}", upload, text.sequencer, text.parts)};
        for (std::uint32_t part = 1; part <= text.parts; ++part)
            split.tasks.push_back(fmt::format("{} {} {}", upload, text.sequencer, part));
        hand.held.erase(grant.lease);
        say(hand, std::move(split));
    }

    // An upload that an attempt before has begun, of a text that was long then.
    void drop_begun(const schema::LaneGrant& grant) {
        std::erase_if(objects_.uploads,
                      [&](const auto& entry) { return entry.second.job == grant.message_id; });
    }

    void speak_part(Hand& hand, const schema::LaneGrant& grant) {
        const std::uint64_t version = number_in(task_of(grant), 1);
        const auto part = static_cast<std::uint32_t>(number_in(task_of(grant), 2));
        const Version& text = objects_.texts.at(key_of(grant));
        if (text.sequencer != version) return fail(hand, grant.lease, Why::for_good, "superseded");
        if (text.is_hopeless && part == text.parts)
            return fail(hand, grant.lease, Why::for_good, "hopeless");
        const auto upload = objects_.uploads.find(number_in(task_of(grant), 0));
        if (upload == objects_.uploads.end())
            return fail(hand, grant.lease, Why::for_good, "no_such_upload");
        upload->second.parts[part] = version;
        if (chance(30)) return die(hand);
        if (end(hand, grant.lease, {.part_result = task_of(grant)})) done_.insert(task_of(grant));
    }

    void join(Hand& hand, const schema::LaneGrant& grant) {
        const std::string& plan = grant.join->plan;
        const std::uint64_t id = number_in(plan, 0);
        const std::uint64_t version = number_in(plan, 1);
        const std::string key = key_of(grant);
        // An attempt before the split may have begun the upload for a version before.
        const auto upload = objects_.uploads.find(id);
        const std::uint64_t newest = objects_.texts.at(key).sequencer;
        const bool is_replaced = newest != version || (upload != objects_.uploads.end() &&
                                                       upload->second.sequencer != newest);
        if (!grant.join->failure_code.empty() || is_replaced) {
            objects_.uploads.erase(id);
            const std::string code =
                is_replaced ? std::string("superseded") : grant.join->failure_code;
            return fail(hand, grant.lease, Why::for_good, code);
        }
        if (chance(200)) return fail(hand, grant.lease, Why::counted, "complete");
        const bool is_there = objects_.completed.contains(id) || upload != objects_.uploads.end();
        // A worker that stalled with it: another join has put away meanwhile.
        if (!is_there) return fail(hand, grant.lease, Why::for_good, "no_such_upload");
        if (!objects_.completed.contains(id)) complete(grant, id, version);
        if (chance(100)) return die(hand);
        end(hand, grant.lease);
    }

    void complete(const schema::LaneGrant& grant, std::uint64_t id, std::uint64_t version) {
        const auto upload = objects_.uploads.find(id);
        const std::size_t parts = parts_of(grant.join->plan);
        for (std::uint32_t part = 1; part <= parts; ++part) {
            const auto there = upload->second.parts.find(part);
            story_.expect(there != upload->second.parts.end() && there->second == version,
                          "a result lacks a part of its text");
            story_.expect(grant.join->results.size() >= part &&
                              number_in(grant.join->results[part - 1], 2) == part,
                          "results are not in the order of their parts");
        }
        write_result(key_of(grant), version);
        objects_.completed.insert(id);
        objects_.made.insert(upload->second.job);
        objects_.uploads.erase(upload);
    }

    void write_result(const std::string& key, std::uint64_t version) {
        story_.expect(objects_.results[key] <= version, "an older result replaces a newer one");
        objects_.results[key] = version;
    }

    // --- What the queue says, and the end

    void listen() {
        auto& outbox = station_.core().outbox();
        while (const auto batch = *outbox.next(station_.store(), station_.now)) {
            for (const auto& event : batch->events) {
                if (const auto told = schema::decode<schema::TopicMessage>(event)) hear(*told);
                if (const auto progress = schema::decode<schema::JobProgress>(event))
                    hear(*progress);
            }
            outbox.on_appended(batch->numbers.back(), station_.now);
        }
    }

    void hear(const schema::TopicMessage& told) {
        const std::string& job = told.trace.cause_event_id;
        if (!heard_.insert(told.event_id).second) return;  // Handed over twice.
        story_.note(job + ": " + told.subject);
        story_.expect(ends_.insert(job).second, "a job ends twice: " + job);
        for (const std::string_view why : excuses) {
            if (told.message.contains(fmt::format(R"("code":"{}")", why))) excused_.insert(job);
        }
    }

    void hear(const schema::JobProgress& progress) {
        if (!heard_.insert(progress.event_id).second) return;
        story_.expect(++progress_[progress.message_id] <= schema::job_progress_events_max,
                      "a job tells of its progress too often");
    }

    void check_end() {
        listen();
        for (std::uint64_t job = 1; job <= jobs_; ++job)
            story_.expect(ends_.contains(fmt::format("event-{}", job)),
                          fmt::format("job {} has no end that was told", job));
        for (const auto& [key, text] : objects_.texts) {
            const auto result = objects_.results.find(key);
            const bool is_newest =
                result != objects_.results.end() && result->second == text.sequencer;
            const bool is_excused =
                text.is_hopeless || excused_.contains(fmt::format("event-{}", text.sequencer));
            story_.expect(is_newest || is_excused, key + " has no result");
            story_.expect(!is_newest || !text.is_hopeless, key + " has a result, and cannot");
        }
        for (const auto& [id, upload] : objects_.uploads)
            story_.expect(objects_.strays.contains(id), "an upload is left of " + upload.job);
        const store::Range rows{.from = "b", .to = "c"};
        story_.expect(station_.store().scan_keys(queue::partition, rows, 1)->empty(),
                      "a row of a split job is left");
    }

    Story story_;
    Random random_;
    queue::Station station_;
    Objects objects_;
    std::vector<Hand> hands_;
    std::vector<schema::LaneGrants> mail_;  // On its way to them.
    std::uint64_t sequencer_ = 0;
    std::uint64_t jobs_ = 0;
    std::set<std::string> done_;     // Tasks.
    std::set<std::string> ends_;     // Jobs, by their events; each text has one of its number.
    std::set<std::string> excused_;  // Of them, those whose attempts the trouble took.
    std::set<std::string> heard_;
    std::map<std::string, std::uint32_t> progress_;
    bool is_calm_ = false;
    bool is_synced_ = true;
};

}  // namespace
}  // namespace onput::sim

int main(int argc, char** argv) {
    return onput::sim::run_seeds<onput::sim::BookScene>(argc, argv, "book_sim",
                                                        onput::sim::seeds_default);
}
