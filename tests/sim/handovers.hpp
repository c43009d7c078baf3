// Handovers: the promises about deliveries, leases and jobs.
//
//   1. Every owed event is taken by its destination once, per destination in the journal's order,
//      under the message id that its event, destination and rule make.
//   2. What was acknowledged is never handed out again.
//   3. While a lease lasts no second live consumer has the message, unless the holder was silent,
//      cut off, or a grant took longer than a worker may be silent. Clocks excuse nothing, whether
//      they were set while the queue was up or down.
//   4. Every message taken reaches a consumer, or expires. A job ends well or in the dead
//   letters; what can be
//      done only ends there when it was disturbed as often as it may be tried.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/schema/lane.hpp"
#include "common/schema/queue.hpp"
#include "tests/sim/changes.hpp"

namespace onput::sim {

inline constexpr std::uint32_t speech_retries_max = 2;

// A plain queue with lanes, of large messages that are no events.
inline const std::string heavy = "heavy";

// A message's texts tell what becomes of a job.
[[nodiscard]] bool is_poison(std::string_view key);   // Every attempt fails.
[[nodiscard]] bool is_refused(std::string_view key);  // The first attempt fails for good.

class Handovers {
public:
    Handovers(World& world, const Changes& changes) : world_(world), changes_(changes) {}

    // The queue's answer to a delivery is durable: items up to `through` are taken.
    void taken(const schema::Deliver& message, std::uint64_t through);
    // A message that may be there twice: a topic's dead letter. Only that it is reached counts.
    void may_come_twice(const std::string& message_id) { twice_.insert(message_id); }
    [[nodiscard]] bool is_let_twice(const std::string& message_id) const {
        return twice_.contains(message_id);
    }

    // A lease was made, for a worker's life (worker_id and epoch) or a receive.
    struct Lease {
        std::string message_id;
        std::string worker_id;  // Empty: a receive.
        std::uint64_t epoch = 0;
        std::uint32_t attempt = 0;
        Duration from{};
        Duration until{};  // In true time, when nothing disturbs it.
        std::uint64_t small_jumps = 0;
        bool is_over = false;
        bool is_disturbed = false;
    };
    void leased(const std::string& lease, Lease made);
    // It is durable and on its way; the first time of a message counts for the order.
    void sent(const std::string& lease);
    void queue_crashed();
    void queue_started() { queue_since_ = world_.elapsed(); }

    // A live consumer has it; has done with it. A receive's receipt stands for its lease.
    void held(const std::string& lease);
    void released(const std::string& lease);
    void heard(const std::string& worker_id);
    void cut_off(const std::string& worker_id);
    void died(const std::string& worker_id, std::uint64_t epoch);

    // An acknowledgement of the message is durable.
    void acknowledged(const std::string& message_id);
    // Nobody received it in time.
    void expired(const std::string& message_id);
    void job_done(const std::string& message_id) { done_.insert(message_id); }
    struct Letter {
        std::string message_id;  // Of the job.
        std::string code;
    };
    void dead_lettered(const Letter& letter);

    // A reader of what was moved has this text.
    void found(const std::string& text) { found_.insert(text); }
    [[nodiscard]] bool is_found(const std::string& text) const { return found_.contains(text); }

    [[nodiscard]] bool has_reached(const std::string& message_id) const {
        return reached_.contains(message_id);
    }
    [[nodiscard]] const Lease* find(const std::string& lease) const;
    // Whether the job of this event succeeded, durably.
    [[nodiscard]] bool is_done(const std::string& event_id) const;
    // visit(event id, whether it succeeded) for each job that was taken.
    void for_each_job(const std::function<void(const std::string&, bool)>& visit) const;
    // Jobs that ended because their text was damaged.
    [[nodiscard]] std::uint64_t damaged() const { return damaged_; }
    // Everything has come to rest.
    void check_end(const std::vector<schema::JournalRecord>& journal);

private:
    // A message that was taken.
    struct Message {
        std::string arn;
        std::string event_id;
        std::string object;
    };
    [[nodiscard]] bool was_silent(const Lease& lease) const;
    [[nodiscard]] bool is_settled(const Lease& lease) const;
    // It lasts no longer.
    [[nodiscard]] bool is_past(const Lease& lease) const;
    [[nodiscard]] bool is_blurred(const Lease& lease) const;
    [[nodiscard]] std::uint32_t disturbances(const std::string& message_id) const;
    void check_letter(const Letter& letter);
    void check_job(const std::string& message_id, const Change& change);

    World& world_;
    const Changes& changes_;
    std::map<std::string, std::vector<std::string>> taken_;  // Message ids by destination.
    std::map<std::string, Message> messages_;
    std::map<std::string, Lease> leases_;
    std::map<std::string, std::set<std::string>> holders_;    // Leases by message.
    std::map<std::string, Duration> heard_;                   // By worker.
    std::map<std::string, Duration> silent_;                  // When a silence was last noticed.
    std::map<std::string, std::vector<std::string>> unsent_;  // By destination and object.
    std::set<std::pair<std::string, std::uint64_t>> dead_;    // Lives of workers.
    // By message. The queue may hand a message out before the notifier hears that it was taken.
    std::set<std::string> sent_;
    std::set<std::string> reached_;
    std::set<std::string> twice_;
    std::set<std::string> found_;
    std::map<std::string, std::uint64_t> leased_in_;  // The queue's life of the first lease.
    std::set<std::string> acknowledged_;
    std::set<std::string> done_;
    std::map<std::string, std::string> letters_;  // Codes by message.
    std::set<std::string> expired_;
    std::map<std::string, std::string> latest_;  // Leases by message.
    std::set<std::string> late_;                 // Workers that a grant reached too late.
    Duration queue_since_{};
    std::uint64_t queue_life_ = 0;
    std::uint64_t damaged_ = 0;
};

}  // namespace onput::sim
