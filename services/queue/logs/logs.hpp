// Logs: groups and streams of log events (common/schema/logs.hpp): who makes, fills and deletes
// them, and what goes when there is too much. Reading is LogReader's.
//
// Groups are in memory, streams and events are rows. What is too much goes oldest first: of a
// group, beyond its retention or log_group_bytes; of all groups, beyond log_all_bytes. A stream
// goes with its last event. Rows of what was deleted are removed some at a time, and remembered as
// a row until all are gone: a crash loses none of it.
//
// Retention goes by the AgeClock: a clock that jumps deletes nothing.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "common/base/age_clock.hpp"
#include "common/schema/logs.hpp"
#include "common/service/caller.hpp"
#include "services/queue/effects.hpp"
#include "services/queue/logs/log_rows.hpp"
#include "services/queue/messages/counters.hpp"

namespace onput::queue {

using service::Caller;

inline constexpr std::size_t log_groups_max = 10'000;  // Of all accounts.
// Of one group. PutLogEvents with `creates` then forgets the stream that was quiet longest; its
// events stay.
inline constexpr std::size_t log_streams_max = 10'000;
inline constexpr std::size_t log_tags_max = 50;
// Rows that one turn removes at most.
inline constexpr std::size_t log_rows_dropped_at_once = 1'000;

struct LogLimits {
    std::uint64_t group_bytes = 256ULL << 20;  // Of one group: events as PutLogEvents counts them.
    std::uint64_t all_bytes = 4ULL << 30;      // Of all groups.
    std::size_t streams = log_streams_max;
    std::size_t groups = log_groups_max;
};

struct LogStats {
    std::uint64_t events = 0;         // Taken.
    std::uint64_t expired_bytes = 0;  // Gone by retention.
    std::uint64_t dropped_bytes = 0;  // Gone because a limit was reached.
};

class Logs {
public:
    struct Parts {
        const store::View& view;
        Counters& counters;
        const AgeClock& age;
        std::string region;
        LogLimits limits = {};
    };
    explicit Logs(Parts parts) : parts_(std::move(parts)) {}

    Result<void> restore();

    Result<schema::Empty> create(const schema::CreateLogStream& request, const Caller& caller,
                                 Effects& effects);
    Result<schema::Empty> remove(const schema::DeleteLogStream& request, const Caller& caller,
                                 Effects& effects);
    Result<schema::LogGroupList> list_groups(const schema::ListLogGroups& request,
                                             const Caller& caller) const;
    Result<schema::LogStreamList> list_streams(const schema::ListLogStreams& request,
                                               const Caller& caller) const;
    Result<schema::LogGroup> set(const schema::SetLogGroup& request, const Caller& caller,
                                 Effects& effects);
    Result<schema::LogEventsPut> put(const schema::PutLogEvents& request, const Caller& caller,
                                     Effects& effects);

    // Removes what is due, one portion. `age` is the AgeClock's time.
    Result<void> on_time(Timestamp age, Effects& effects);
    // There is something to remove at once.
    [[nodiscard]] bool is_due() const {
        return is_busy_ || over_ || all_over() || !removals_.empty();
    }

    // not_found without it. Until the next change.
    Result<const schema::LogGroup*> find(const std::string& name, const Caller& caller) const;
    // Nothing without it.
    Result<std::optional<schema::LogStream>> find_stream(const schema::LogGroup& group,
                                                         std::string_view name) const;

    [[nodiscard]] std::size_t groups() const { return groups_.size(); }
    [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
    [[nodiscard]] const LogStats& stats() const { return stats_; }

private:
    struct Group {
        schema::LogGroup record;
        std::size_t streams = 0;
        // Not later than its oldest row; nothing: it has no rows.
        std::optional<std::uint64_t> oldest = {};
    };
    using Name = std::pair<std::string, std::string>;  // Account and name.

    Result<Group*> find_mutable(const std::string& name, const Caller& caller);
    Result<Group*> create_group(const std::string& name, const Caller& caller, Effects& effects);
    Result<schema::LogStream> create_stream(Group& group, const std::string& name,
                                            const Caller& caller, Effects& effects);
    Result<void> forget_quietest_stream(Group& group, Effects& effects);
    void keep(const Group& group, Effects& effects) const;
    void write(Group& group, schema::LogStream& stream, LogRowRecord row, Effects& effects);

    [[nodiscard]] bool all_over() const { return bytes_ > parts_.limits.all_bytes; }
    // Which of the group's rows go: those older than `before`, or until it has no more than `most`.
    struct Bound {
        std::optional<Timestamp> before = {};
        std::uint64_t most = UINT64_MAX;
    };
    // Rows in the order of time, `room` at most, which is counted down.
    Result<void> drop(Group& group, const Bound& bound, std::size_t& room, Effects& effects);
    Result<void> drop_stream_with(Group& group, const LogRowKey& key, Effects& effects);
    Result<void> drop_beyond_all(std::size_t& room, Effects& effects);
    Result<void> sweep(std::size_t& room, Effects& effects);
    Result<void> sweep_rows(const LogRemoval& removal, std::size_t& room, Effects& effects);

    Parts parts_;
    std::map<Name, Group> groups_;
    std::map<std::uint64_t, Group*> by_number_;
    std::deque<LogRemoval> removals_;
    std::uint64_t bytes_ = 0;
    bool over_ = false;     // Some group has more than its bytes.
    bool is_busy_ = false;  // The last portion may not have been all.
    LogStats stats_;
};

}  // namespace onput::queue
