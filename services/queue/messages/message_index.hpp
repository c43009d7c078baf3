// MessageIndex: how each message of one queue stands, in memory. The state machine of the service:
//
//                        visible_at passes (wake)
//                 +--------------------------------------+
//                 v                                      |
//     send --> visible --pop_oldest, add in_flight--> in flight --remove--> gone
//                 ^                                      |
//                 |                                      | change to hidden: retry later
//                 +----visible_at passes (wake)---- hidden <-- send with a delay
//
// A message that waits and was never handed out costs 16 bytes here; the others about 100. Bodies
// are in the store. Nothing here is durable: Messages writes the row beside each change, and a
// restart builds the index from the rows.
//
// Handed out oldest first, by number; a message that comes back keeps its number. There is a line
// for each size of job: those of some sizes can be asked for apart.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "common/base/time.hpp"
#include "services/queue/messages/ids.hpp"

namespace onput::queue {

enum class MessageState : std::uint8_t { visible, hidden, in_flight };

// By the object that a job is about, see job_size.hpp. Whatever is no job is small. A part of a job
// that was split is one of its own kind, whatever its size.
enum class JobSize : std::uint8_t { small, large, part };

inline constexpr std::array all_sizes{JobSize::small, JobSize::large, JobSize::part};
inline constexpr std::array whole_jobs{JobSize::small, JobSize::large};
inline constexpr std::array small_jobs{JobSize::small};
inline constexpr std::array part_jobs{JobSize::part};

// How one message stands.
struct MessageStatus {
    Timestamp sent_at{};
    Timestamp visible_at{};  // When `hidden` and `in_flight` end.
    Timestamp first_received_at{};
    Timestamp leased_at{};
    LeaseId lease{};        // The newest; kept when it has ended.
    WorkerNumber worker{};  // Holder of a lease over a lane.
    std::uint32_t receive_count = 0;
    std::uint32_t receives_before = 0;  // Of them, in queues it was in before this one.
    std::uint16_t losses = 0;           // Attempts that ended with the death of their worker.
    MessageState state = MessageState::visible;
    JobSize size = JobSize::small;
    bool is_logged = false;
    bool has_lease_row = false;
    bool has_failure = false;  // There is a row that says why its last attempt failed.

    // Counts towards this queue's limit.
    [[nodiscard]] std::uint32_t receives_here() const { return receive_count - receives_before; }
    // Those that were begun, with those that were lost with their worker.
    [[nodiscard]] std::uint32_t attempts() const { return receive_count + losses; }
};

class MessageIndex {
public:
    struct Candidate {
        MessageNumber number;
        MessageStatus status;
    };

    // A new message that may be handed out at once. Numbers must rise.
    void add_fresh(MessageNumber number, Timestamp sent_at, JobSize size = JobSize::small);
    // A message in any state. Its number must not be here.
    void add(MessageNumber number, const MessageStatus& status);
    // Puts a hidden or in-flight message into another status.
    void change(MessageNumber number, const MessageStatus& status);
    void remove(MessageNumber number);
    void clear();

    // Nothing for a message that is gone, and for one that was never handed out nor delayed: no one
    // outside can know its number.
    [[nodiscard]] const MessageStatus* find(MessageNumber number) const;

    // Of a fresh message as well: for who has met its row.
    [[nodiscard]] std::optional<MessageStatus> status_of(MessageNumber number) const;
    // Visible messages leave for another queue: their numbers, in order.
    void remove_visible(const std::vector<MessageNumber>& numbers);

    // The visible message to hand out next, of all or of some sizes, and its removal from here: the
    // caller adds it again as in flight, or has removed its rows.
    [[nodiscard]] std::optional<Candidate> oldest_visible(
        std::span<const JobSize> among = all_sizes);
    void pop(const Candidate& oldest);

    // The wall clock was set by so much: what hides began, and ends, as much later.
    void shift(Duration by);
    // Makes visible whatever is due. Appends those that were in flight, as they were.
    void wake(Timestamp now, std::vector<Candidate>& expired);
    // When wake has something to do: nothing, or a moment that is never too late.
    [[nodiscard]] std::optional<Timestamp> next_wake() const;

    [[nodiscard]] std::size_t count(MessageState state) const;
    [[nodiscard]] std::size_t size() const { return fresh_count() + touched_.size(); }
    // Up to `limit` visible messages, oldest first as far as is cheap to know.
    [[nodiscard]] std::vector<Candidate> peek(std::size_t limit) const;

    void check_invariants() const;

private:
    struct Fresh {
        MessageNumber number;
        Timestamp sent_at;
    };
    // The visible messages of one size.
    struct Line {
        std::deque<Fresh> fresh;  // Never handed out.
        // Touched messages that became visible; those since removed are skipped when they are met.
        std::deque<MessageNumber> returned;
    };
    static void remove_fresh(Line& line, const std::vector<MessageNumber>& numbers);
    struct Wake {
        Timestamp time;
        MessageNumber number;
    };
    static bool is_later(const Wake& a, const Wake& b) { return a.time > b.time; }

    [[nodiscard]] std::optional<Candidate> first_in_line(JobSize size);
    [[nodiscard]] bool is_stale(MessageNumber returned) const;
    [[nodiscard]] bool is_stale(const Wake& wake) const;
    void enter(MessageNumber number, const MessageStatus& status);
    void push_wake(Wake wake);
    [[nodiscard]] std::size_t fresh_count() const;
    Line& line(JobSize size) { return lines_[static_cast<std::size_t>(size)]; }
    std::size_t& counter(MessageState state) { return counts_[static_cast<std::size_t>(state)]; }

    std::array<Line, all_sizes.size()> lines_;  // By size.
    std::unordered_map<MessageNumber, MessageStatus> touched_;
    // A heap by time; entries that no longer hold are skipped, and thrown out when they are most.
    std::vector<Wake> wakes_;
    std::array<std::size_t, 3> counts_{};  // Of touched_, by state.
};

}  // namespace onput::queue
