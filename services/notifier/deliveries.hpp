// Deliveries: all destinations, and what each is sent next.
//
//     owe -> due -> (sent) -> on_delivered -> settled, or failed and due again later
//                                |
//                                +-> refused, or too old: UndeliveredRecord
//
// Only what is durable in the journal is sent: a sequence that a crash took back would be given to
// another event, which the queue would then take for a repetition. Answers settle a whole batch
// with two rows. An answer lost in a crash is asked for again; numbers and message ids stay the
// same.
//
// Part of NotifierCore; pure but for reading the journal.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/random.hpp"
#include "services/notifier/destination.hpp"
#include "services/notifier/effects.hpp"
#include "services/notifier/journal.hpp"
#include "services/notifier/s3_record.hpp"

namespace onput::notifier {

inline constexpr std::size_t destinations_max = 10'000;
inline constexpr std::size_t deliver_items_max = 256;
inline constexpr std::size_t deliver_bytes_max = 2 * 1024 * 1024;  // One item is always sent.
inline constexpr std::size_t refill_records_per_turn = 500;
inline constexpr std::size_t give_up_items_per_turn = 200;
inline constexpr std::size_t sweep_rows_per_turn = 300;
// An old event is given up only after so many failures in a row: a clock that jumped forward must
// not throw away what would have been delivered.
inline constexpr std::uint32_t give_up_failures_min = 8;
inline constexpr std::size_t undelivered_kept_max = 10'000;  // Per destination; the oldest go.
inline constexpr std::string_view delivering_service = "s3.amazonaws.com";

// A value between the quotes of a metric's label.
std::string escape_label(std::string_view text);

struct DeliveryOptions {
    RecordOptions record;
    Duration undelivered_age_max = std::chrono::hours(14 * 24);
};

class Deliveries {
public:
    Deliveries(DeliveryOptions options, const store::View& view, const Journal& journal,
               Random random)
        : options_(std::move(options)), view_(view), journal_(journal), random_(random) {}

    Result<void> restore();

    // Fails with resource_exhausted when the event would make more than destinations_max.
    [[nodiscard]] Result<void> admit(const schema::ObjectEvent& event) const;
    // A new journal record is owed to its destinations. write_owed puts those touched since the
    // last call into the batch.
    void owe(const JournalEntry& entry);
    void write_owed(store::Batch& batch);

    void set_durable(std::uint64_t sequence) { durable_ = sequence; }

    // What is to be sent now, at most one delivery per destination.
    Result<std::vector<Delivery>> due(Timestamp now);
    Result<void> on_delivered(const DeliveryAnswer& answer, Timestamp now, Effects& effects);
    // Gives up what is too old, at most give_up_items_per_turn.
    Result<void> give_up_old(Timestamp now, Effects& effects);
    // Removes delivery rows of records that the journal no longer has, and destinations that it no
    // longer mentions. Bounded; call again while it says true.
    Result<bool> sweep(store::Batch& batch);

    [[nodiscard]] std::optional<Timestamp> next_wakeup(Timestamp now) const;
    // The oldest sequence that is still owed to someone; nothing when nothing is.
    [[nodiscard]] std::optional<std::uint64_t> needed_from() const;

    [[nodiscard]] const std::map<std::string, Destination, std::less<>>& destinations() const {
        return destinations_;
    }
    [[nodiscard]] std::vector<schema::DestinationState> list() const;
    void add_metrics(Timestamp now, std::vector<schema::Metric>& metrics) const;

    void check_invariants() const;

private:
    using Map = std::map<std::string, Destination, std::less<>>;

    Destination& find_or_add(const std::string& arn, std::uint64_t first_number);
    void update_active(const Destination& destination);
    [[nodiscard]] std::vector<std::string_view> active_from_cursor() const;
    Result<void> refill(Destination& destination, std::size_t& records_left);
    Result<Delivery> build(const Destination& destination);
    Result<bool> add_item(const Destination& destination, const Pending& pending,
                          schema::Deliver& message, std::size_t& bytes) const;
    Result<void> settle(Destination& destination, const schema::Delivered& delivered, Timestamp now,
                        store::Batch& batch, Effects& effects);
    struct Verdict {
        std::string error;
        std::uint32_t attempts = 0;
        Timestamp time;
    };
    Result<void> add_undelivered(Destination& destination, const Pending& pending,
                                 const Verdict& verdict, store::Batch& batch, Effects& effects);
    Result<void> drop_oldest_undelivered(Destination& destination, std::uint64_t added,
                                         store::Batch& batch);
    [[nodiscard]] bool is_too_old(const Destination& destination, Timestamp now) const;
    Result<std::size_t> sweep_one(const Destination& destination, std::size_t rows_left,
                                  store::Batch& batch);

    DeliveryOptions options_;
    const store::View& view_;
    const Journal& journal_;
    Random random_;
    Map destinations_;
    std::set<std::string_view> active_;   // Names, in destinations_, of those that are owed.
    std::set<std::string_view> touched_;  // Owed since the last write_owed.
    std::uint64_t durable_ = 0;
    std::uint64_t last_attempt_ = 0;
    std::string refill_cursor_;  // Whoever was refilled last waits until the others were.
    bool wants_turn_ = false;    // A refill was cut short.
    std::string sweep_cursor_;
    std::uint64_t swept_first_ = 0;  // The journal's first sequence when the last sweep began.
};

}  // namespace onput::notifier
