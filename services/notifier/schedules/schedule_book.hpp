// ScheduleBook: EventBridge Scheduler's schedules and their groups. Pure.
//
//     create ──> enabled | disabled ──completed──> stays, or is removed (is_deleted_after)
//     groups: "default" always; others ACTIVE ──delete──> DELETING, until their schedules are gone
//
// Rows, in the notifier's partition:
//
//     y/<schedule arn>    ScheduleInfo
//     z/<group arn>       ScheduleGroup     of a default group only when it has tags
//
// When a schedule is due is the Timetable's, its target the RuleBook's: NotifierCore keeps the
// three in step, in one batch. Owned by it. What belongs to another account does not exist for a
// caller.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/schema/schedules.hpp"
#include "common/store/store.hpp"
#include "services/notifier/effects.hpp"
#include "services/notifier/schedules/timetable.hpp"

namespace onput::notifier {

inline constexpr std::size_t schedule_page_max = 100;
inline constexpr std::size_t schedule_input_bytes_max = 256 * 1024;
inline constexpr std::size_t schedule_tags_max = 200;
// Of inputs and descriptions, which are in memory.
inline constexpr std::size_t schedule_text_bytes_per_account_max = 64UL * 1024 * 1024;
// Of groups that are being deleted, per step.
inline constexpr std::size_t schedules_removed_per_turn = 100;

// A zone of the IANA database by its name.
using FindZone = std::function<Result<TimeZone>(std::string_view name)>;

// UTC alone.
Result<TimeZone> find_utc(std::string_view name);

struct ScheduleBookOptions {
    std::string region = "us-east-1";
    FindZone find_zone = &find_utc;
    std::size_t schedules_per_account_max = schema::schedules_per_account_max;
    std::size_t groups_per_account_max = schema::schedule_groups_per_account_max;
    std::size_t text_bytes_per_account_max = schedule_text_bytes_per_account_max;
};

class ScheduleBook {
public:
    ScheduleBook(ScheduleBookOptions options, const store::View& view);

    // Continues from the store. Called once, before anything else. Schedules whose group is lost
    // with damaged rows are left out.
    Result<void> restore();

    // What a schedule would be, its number that of the one it replaces, or 0. Nothing is changed.
    // `is_repeated`: the same request made it already.
    struct Checked {
        schema::ScheduleInfo info;
        bool is_repeated = false;
    };
    Result<Checked> check(const schema::PutSchedule& request, const Caller& caller);
    // Fails when the zone is not known any more.
    Result<TimePlan> plan_of(const schema::ScheduleInfo& info);
    void keep(schema::ScheduleInfo info, store::Batch& batch);
    void remove(const std::string& arn, store::Batch& batch);

    Result<schema::ScheduleGroup> create(const schema::CreateScheduleGroup& request,
                                         const Caller& caller, store::Batch& batch);
    Result<schema::Empty> remove(const schema::DeleteScheduleGroup& request, const Caller& caller,
                                 store::Batch& batch);
    Result<schema::EventTags> change_tags(const schema::ChangeEventTags& request,
                                          const Caller& caller, store::Batch& batch);

    [[nodiscard]] Result<schema::ScheduleInfo> get(const schema::GetSchedule& request,
                                                   const Caller& caller) const;
    [[nodiscard]] Result<schema::ScheduleList> list(const schema::ListSchedules& request,
                                                    const Caller& caller) const;
    [[nodiscard]] Result<schema::ScheduleGroup> get_group(const schema::GetScheduleGroup& request,
                                                          const Caller& caller) const;
    [[nodiscard]] Result<schema::ScheduleGroupList> list_groups(
        const schema::ListScheduleGroups& request, const Caller& caller) const;
    [[nodiscard]] Result<schema::EventTags> tags(const schema::GetEventTags& request,
                                                 const Caller& caller) const;

    // Null: there is none.
    [[nodiscard]] const schema::ScheduleInfo* find(std::string_view arn) const;
    [[nodiscard]] const std::map<std::string, schema::ScheduleInfo, std::less<>>& schedules()
        const {
        return schedules_;
    }
    // Some schedules of groups that are being deleted, to be removed. Removes groups that have
    // none any more.
    std::vector<std::string> take_deleted(store::Batch& batch);
    [[nodiscard]] bool has_deleted() const { return !deleting_.empty(); }

private:
    Result<TimeZone> find_zone(const std::string& name);
    [[nodiscard]] std::string group_arn(const std::string& account, std::string_view name) const;
    [[nodiscard]] std::string schedule_arn(const std::string& account, std::string_view group,
                                           std::string_view name) const;
    [[nodiscard]] Result<schema::ScheduleGroup> known_group(std::string_view name,
                                                            const std::string& account) const;
    [[nodiscard]] Result<schema::ScheduleGroup> tagged(const std::string& arn,
                                                       const Caller& caller) const;
    [[nodiscard]] std::size_t count_of(const std::string& account) const;
    [[nodiscard]] std::size_t bytes_of(const std::string& account) const;

    ScheduleBookOptions options_;
    const store::View& view_;
    std::map<std::string, schema::ScheduleInfo, std::less<>> schedules_;  // By ARN.
    std::map<std::string, schema::ScheduleGroup, std::less<>> groups_;    // By ARN.
    std::map<std::string, TimeZone, std::less<>> zones_;  // Those that were found; of the database.
    std::vector<std::string> deleting_;                   // ARNs of groups.
    std::map<std::string, std::size_t> bytes_;            // Of texts, by account.
};

}  // namespace onput::notifier
