// ArchiveBook: archives of event buses, and replays of what they keep. Pure.
//
//     archive:  created -- keeps copies of its bus's events that match its pattern --> deleted
//     replay:   STARTING -> RUNNING -> COMPLETED
//                   \           \---> CANCELLING -> CANCELLED
//                    \--> FAILED: its archive was deleted
//
// An archive holds copies: the journal forgets its oldest records first, whoever wants them, so
// that one old event in an archive would keep all that came after it.
//
// Rows, in the notifier's partition:
//
//     A/<archive arn>                         ArchiveInfo
//     D/<archive number>                      ArchiveInfo    deleted; its events go in steps
//     E/<archive number><time><event id>      ArchivedEvent
//     R/<replay arn>                          ReplayInfo
//
// A step of a replay is one batch: the events are on the bus again, and the replay has passed them,
// or neither. So a replay puts each event on the bus once, whatever happens to the process.
//
// Owned by NotifierCore. What belongs to another account does not exist for a caller.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/age_clock.hpp"
#include "common/pattern/event_pattern.hpp"
#include "common/schema/archives.hpp"
#include "common/store/store.hpp"
#include "services/notifier/effects.hpp"

namespace onput::notifier {

inline constexpr std::size_t replays_kept_max = 1'000;  // Of an account; the oldest go.
inline constexpr std::size_t replay_events_per_turn = 50;
inline constexpr std::size_t replay_bytes_per_turn = 512 * 1024;
// What trimming looks at in one step, and how often it begins again.
inline constexpr std::size_t archives_per_bus_max = 10;
inline constexpr std::uint32_t retention_days_max = 36'500;  // A hundred years.
inline constexpr std::size_t archive_rows_per_turn = 100;
inline constexpr std::size_t archive_bytes_per_turn = 1024 * 1024;
inline constexpr Duration archive_round_interval = std::chrono::hours(1);

struct ArchivedEvent {
    static constexpr schema::MessageInfo info{.kind = schema::Kind::archived_event};

    Timestamp archived_at = {};  // By AgeClock.
    schema::BusEvent event = {};

    ONPUT_FIELDS(archived_at, event)
    friend bool operator==(const ArchivedEvent&, const ArchivedEvent&) = default;
};

struct ArchiveBookOptions {
    std::string region = "us-east-1";
    std::size_t archives_per_account_max = schema::archives_per_account_max;
    std::size_t replays_open_per_account_max = schema::replays_open_per_account_max;
};

class ArchiveBook {
public:
    // `view` outlives it.
    ArchiveBook(ArchiveBookOptions options, const store::View& view)
        : options_(std::move(options)), view_(view) {}

    Result<void> restore();

    // Commands. One that fails has changed nothing. That the bus is there is checked by the caller.
    Result<schema::ArchiveInfo> create(const schema::CreateArchive& request, const Caller& caller,
                                       store::Batch& batch);
    Result<schema::ArchiveInfo> update(const schema::UpdateArchive& request, const Caller& caller,
                                       store::Batch& batch);
    Result<schema::Empty> remove(const schema::DeleteArchive& request, const Caller& caller,
                                 store::Batch& batch);
    Result<schema::ReplayInfo> start(const schema::StartReplay& request, const Caller& caller,
                                     store::Batch& batch);
    Result<schema::ReplayInfo> cancel(const schema::CancelReplay& request, const Caller& caller,
                                      store::Batch& batch);

    [[nodiscard]] Result<schema::ArchiveInfo> get(const schema::GetArchive& request,
                                                  const Caller& caller) const;
    [[nodiscard]] Result<schema::ArchiveList> list(const schema::ListArchives& request,
                                                   const Caller& caller) const;
    [[nodiscard]] Result<schema::ReplayInfo> get_replay(const schema::GetReplay& request,
                                                        const Caller& caller) const;
    [[nodiscard]] Result<schema::ReplayList> list_replays(const schema::ListReplays& request,
                                                          const Caller& caller) const;

    // How many archives a bus has.
    [[nodiscard]] std::size_t count_on(std::string_view bus_arn) const;
    // Copies an event on a bus, whose JSON is `document`, into the archives that want it. One that
    // was replayed is in them already.
    void keep(const schema::BusEvent& event, std::string_view document, Timestamp age_now,
              store::Batch& batch);

    // One step of one replay: what is to be put on its bus, in the batch that is given.
    struct Step {
        std::vector<schema::BusEvent> events;
        std::vector<std::string> rules;  // ARNs; empty: all.
    };
    Result<Step> replay(Timestamp now, store::Batch& batch);
    [[nodiscard]] bool is_replaying() const { return !open_.empty(); }

    // Removes events of deleted archives, and those that are too old, in bounded steps. True: there
    // is more to do at once.
    Result<bool> trim(Timestamp age_now, store::Batch& batch);

private:
    struct Archive {
        schema::ArchiveInfo info;
        std::optional<pattern::EventPattern> pattern;
    };
    using Archives = std::map<std::string, Archive, std::less<>>;
    using Replays = std::map<std::string, schema::ReplayInfo, std::less<>>;

    [[nodiscard]] std::string arn_of(std::string_view kind, const std::string& account,
                                     std::string_view name) const;
    Result<Archive*> known_archive(std::string_view name, const std::string& account);
    [[nodiscard]] const Archive* find_archive(std::string_view arn) const;
    static void write(const schema::ArchiveInfo& info, store::Batch& batch);
    void write(const schema::ReplayInfo& info, store::Batch& batch);
    void end(schema::ReplayInfo& replay, schema::ReplayState state, Timestamp now);
    void forget_oldest_replay(const std::string& account, store::Batch& batch);
    Result<std::size_t> remove_events(std::uint64_t number, store::Batch& batch) const;
    Result<bool> trim_round(Timestamp age_now, store::Batch& batch);

    ArchiveBookOptions options_;
    const store::View& view_;
    Archives archives_;                                     // By ARN.
    Replays replays_;                                       // By ARN.
    std::vector<std::string> open_;                         // Replays that are not over; in turns.
    std::map<std::uint64_t, schema::ArchiveInfo> deleted_;  // By number.
    std::uint64_t last_number_ = 0;
    // The round over archives: the next row that it looks at.
    std::string next_row_;
    Timestamp round_at_ = {};
};

}  // namespace onput::notifier
