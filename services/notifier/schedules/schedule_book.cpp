#include "services/notifier/schedules/schedule_book.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/base/check.hpp"
#include "common/service/rows.hpp"
#include "services/notifier/journal/records.hpp"
#include "services/notifier/schedules/schedule_check.hpp"

namespace onput::notifier {
namespace {

std::string schedule_key(std::string_view arn) {
    return "y/" + std::string(arn);
}

std::string group_key(std::string_view arn) {
    return "z/" + std::string(arn);
}

std::string_view named(std::string_view group) {
    return group.empty() ? schema::default_group_name : group;
}

std::unexpected<Error> no_such_schedule(std::string_view name) {
    return fail(ErrorCode::not_found, fmt::format("Schedule {} does not exist.", name),
                "ResourceNotFoundException");
}

std::unexpected<Error> no_such_group(std::string_view name) {
    return fail(ErrorCode::not_found, fmt::format("Schedule group {} does not exist.", name),
                "ResourceNotFoundException");
}

std::unexpected<Error> conflict(std::string message) {
    return fail(ErrorCode::conflict, std::move(message), "ConflictException");
}

std::unexpected<Error> quota_exceeded() {
    return fail(ErrorCode::resource_exhausted,
                "The request exceeds a service quota of this account.",
                "ServiceQuotaExceededException");
}

std::size_t texts_of(const schema::ScheduleInfo& info) {
    return info.target.input.size() + info.description.size();
}

template <schema::Message M, typename Map>
Result<void> read_rows(const store::View& view, std::string prefix, Map& map) {
    return service::for_each_row(
        view, partition, store::Range::of_prefix(prefix),
        [&](const store::Row& row) -> Result<void> {
            ONPUT_TRY(auto record, read_row<M>(row.key, row.value));
            if (row.key != prefix + record.arn) {
                return fail(ErrorCode::corruption,
                            "restore schedules: " + row.key + " is not what its key says");
            }
            std::string arn = record.arn;
            map.emplace(std::move(arn), std::move(record));
            return {};
        });
}

}  // namespace

Result<TimeZone> find_utc(std::string_view name) {
    if (name == "UTC") return TimeZone();
    return fail(ErrorCode::not_found, fmt::format("time zone {} is not known", name));
}

ScheduleBook::ScheduleBook(ScheduleBookOptions options, const store::View& view)
    : options_(std::move(options)), view_(view) {}

Result<void> ScheduleBook::restore() {
    ONPUT_CHECK(schedules_.empty() && groups_.empty());
    ONPUT_TRY_VOID(read_rows<schema::ScheduleGroup>(view_, "z/", groups_));
    ONPUT_TRY_VOID(read_rows<schema::ScheduleInfo>(view_, "y/", schedules_));
    std::erase_if(schedules_, [this](const auto& row) {
        return !known_group(row.second.group, row.second.account);
    });
    for (const auto& [arn, group] : groups_) {
        if (group.is_deleting) deleting_.push_back(arn);
    }
    for (const auto& [arn, schedule] : schedules_) bytes_[schedule.account] += texts_of(schedule);
    return {};
}

std::string ScheduleBook::group_arn(const std::string& account, std::string_view name) const {
    return fmt::format("arn:aws:scheduler:{}:{}:schedule-group/{}", options_.region, account,
                       named(name));
}

std::string ScheduleBook::schedule_arn(const std::string& account, std::string_view group,
                                       std::string_view name) const {
    return fmt::format("arn:aws:scheduler:{}:{}:schedule/{}/{}", options_.region, account,
                       named(group), name);
}

Result<schema::ScheduleGroup> ScheduleBook::known_group(std::string_view name,
                                                        const std::string& account) const {
    const std::string arn = group_arn(account, name);
    const auto found = groups_.find(arn);
    if (found != groups_.end()) return found->second;
    if (named(name) != schema::default_group_name) return no_such_group(name);
    return schema::ScheduleGroup{
        .arn = arn, .name = std::string(schema::default_group_name), .account = account};
}

std::size_t ScheduleBook::bytes_of(const std::string& account) const {
    const auto found = bytes_.find(account);
    return found == bytes_.end() ? 0 : found->second;
}

std::size_t ScheduleBook::count_of(const std::string& account) const {
    const std::string prefix =
        fmt::format("arn:aws:scheduler:{}:{}:schedule/", options_.region, account);
    const auto first = schedules_.lower_bound(prefix);
    const auto last = schedules_.lower_bound(prefix + '\xff');
    return static_cast<std::size_t>(std::distance(first, last));
}

// --- Schedules --------------------------------------------------------------------------------

Result<ScheduleBook::Checked> ScheduleBook::check(const schema::PutSchedule& request,
                                                  const Caller& caller) {
    schema::ScheduleInfo info = request.schedule;
    const std::string& account = caller.principal.account;
    ONPUT_TRY(const auto group, known_group(info.group, account));
    info.group = group.name;
    info.account = account;
    info.arn = schedule_arn(account, info.group, info.name);
    const schema::ScheduleInfo* before = find(info.arn);
    if (request.is_new && before != nullptr) {
        if (!info.client_token.empty() && before->client_token == info.client_token) {
            return Checked{.info = *before, .is_repeated = true};
        }
        return conflict(fmt::format("Schedule {} already exists.", info.name));
    }
    if (!request.is_new && before == nullptr) return no_such_schedule(info.name);
    if (group.is_deleting) {
        return conflict(fmt::format("Schedule group {} is being deleted.", info.group));
    }
    if (request.is_new && count_of(account) >= options_.schedules_per_account_max) {
        return quota_exceeded();
    }
    const std::size_t others = bytes_of(account) - (before == nullptr ? 0 : texts_of(*before));
    if (others + texts_of(info) > options_.text_bytes_per_account_max) return quota_exceeded();
    ONPUT_TRY_VOID(check_schedule(info));
    ONPUT_TRY_VOID(plan_of(info));
    info.created_at = before == nullptr ? caller.now : before->created_at;
    info.modified_at = caller.now;
    info.target_number = before == nullptr ? 0 : before->target_number;
    if (before != nullptr) info.client_token = before->client_token;
    return Checked{.info = std::move(info)};
}

Result<TimeZone> ScheduleBook::find_zone(const std::string& name) {
    if (name.empty()) return TimeZone();
    const auto known = zones_.find(name);
    if (known != zones_.end()) return known->second;
    ONPUT_TRY(auto zone, options_.find_zone(name));
    return zones_.emplace(name, std::move(zone)).first->second;
}

Result<TimePlan> ScheduleBook::plan_of(const schema::ScheduleInfo& info) {
    auto zone = find_zone(info.time_zone);
    if (!zone) {
        return invalid_schedule(fmt::format("The time zone {} is not valid.", info.time_zone));
    }
    ONPUT_TRY(auto expression, ScheduleExpression::parse(info.expression));
    const bool is_once = expression.is_once();
    TimePlan plan{.expression = std::move(expression), .zone = *std::move(zone)};
    plan.is_due_at_once = true;
    plan.window = std::chrono::minutes(info.window_minutes);
    if (is_once) {
        // Later than that its target would not be tried any more.
        plan.late_max = std::chrono::seconds(
            info.target.age_seconds_max.value_or(schema::target_age_seconds_max));
    } else {
        plan.start = info.start;
        plan.end = info.end;
    }
    return plan;
}

void ScheduleBook::keep(schema::ScheduleInfo info, store::Batch& batch) {
    batch.put(schedule_key(info.arn), schema::encode(info));
    std::string arn = info.arn;
    if (const auto* before = find(arn)) bytes_[before->account] -= texts_of(*before);
    bytes_[info.account] += texts_of(info);
    schedules_.insert_or_assign(std::move(arn), std::move(info));
}

void ScheduleBook::remove(const std::string& arn, store::Batch& batch) {
    const auto found = schedules_.find(arn);
    if (found == schedules_.end()) return;
    batch.remove(schedule_key(arn));
    bytes_[found->second.account] -= texts_of(found->second);
    schedules_.erase(found);
}

const schema::ScheduleInfo* ScheduleBook::find(std::string_view arn) const {
    const auto found = schedules_.find(arn);
    return found == schedules_.end() ? nullptr : &found->second;
}

Result<schema::ScheduleInfo> ScheduleBook::get(const schema::GetSchedule& request,
                                               const Caller& caller) const {
    ONPUT_TRY_VOID(known_group(request.group, caller.principal.account));
    const auto* found = find(schedule_arn(caller.principal.account, request.group, request.name));
    if (found == nullptr) return no_such_schedule(request.name);
    return *found;
}

Result<schema::ScheduleList> ScheduleBook::list(const schema::ListSchedules& request,
                                                const Caller& caller) const {
    const std::string& account = caller.principal.account;
    if (!request.group.empty()) ONPUT_TRY_VOID(known_group(request.group, account));
    const std::string all = fmt::format("arn:aws:scheduler:{}:{}:schedule/{}{}", options_.region,
                                        account, request.group, request.group.empty() ? "" : "/");
    const std::size_t page_max =
        std::clamp<std::size_t>(request.schedules_max, 1, schedule_page_max);
    schema::ScheduleList page;
    for (auto at = schedules_.lower_bound(std::max(all, request.after));
         at != schedules_.end() && at->first.starts_with(all); ++at) {
        const auto& info = at->second;
        if (at->first == request.after || !info.name.starts_with(request.prefix)) continue;
        if (request.is_enabled && *request.is_enabled != info.is_enabled) continue;
        if (page.schedules.size() == page_max) {
            page.next = page.schedules.back().arn;
            break;
        }
        // Without what no list shows, and may be long.
        auto& shown = page.schedules.emplace_back();
        shown.arn = info.arn;
        shown.name = info.name;
        shown.group = info.group;
        shown.account = info.account;
        shown.is_enabled = info.is_enabled;
        shown.created_at = info.created_at;
        shown.modified_at = info.modified_at;
        shown.target.arn = info.target.arn;
    }
    return page;
}

// --- Groups -----------------------------------------------------------------------------------

Result<schema::ScheduleGroup> ScheduleBook::create(const schema::CreateScheduleGroup& request,
                                                   const Caller& caller, store::Batch& batch) {
    const std::string& account = caller.principal.account;
    if (const auto before = known_group(request.name, account)) {
        if (!request.client_token.empty() && before->client_token == request.client_token) {
            return *before;
        }
        return conflict(fmt::format("Schedule group {} already exists.", request.name));
    }
    const auto count = std::ranges::count_if(
        groups_, [&account](const auto& row) { return row.second.account == account; });
    if (static_cast<std::size_t>(count) >= options_.groups_per_account_max) {
        return quota_exceeded();
    }
    if (request.tags.size() > schedule_tags_max) return quota_exceeded();
    schema::ScheduleGroup group{.arn = group_arn(account, request.name),
                                .name = request.name,
                                .account = account,
                                .created_at = caller.now,
                                .modified_at = caller.now,
                                .tags = request.tags,
                                .client_token = request.client_token};
    batch.put(group_key(group.arn), schema::encode(group));
    return groups_.emplace(group.arn, group).first->second;
}

Result<schema::Empty> ScheduleBook::remove(const schema::DeleteScheduleGroup& request,
                                           const Caller& caller, store::Batch& batch) {
    if (request.name == schema::default_group_name) {
        return invalid_schedule("The default schedule group cannot be deleted.");
    }
    ONPUT_TRY(auto group, known_group(request.name, caller.principal.account));
    if (group.is_deleting) return schema::Empty{};
    group.is_deleting = true;
    group.modified_at = caller.now;
    batch.put(group_key(group.arn), schema::encode(group));
    deleting_.push_back(group.arn);
    groups_[group.arn] = std::move(group);
    return schema::Empty{};
}

std::vector<std::string> ScheduleBook::take_deleted(store::Batch& batch) {
    std::vector<std::string> arns;
    if (deleting_.empty()) return arns;
    const schema::ScheduleGroup& group = groups_.at(deleting_.back());
    const std::string prefix = schedule_arn(group.account, group.name, "");
    for (auto at = schedules_.lower_bound(prefix);
         at != schedules_.end() && at->first.starts_with(prefix); ++at) {
        if (arns.size() == schedules_removed_per_turn) return arns;
        arns.push_back(at->first);
    }
    if (!arns.empty()) return arns;
    batch.remove(group_key(group.arn));
    groups_.erase(group.arn);
    deleting_.pop_back();
    return arns;
}

Result<schema::ScheduleGroup> ScheduleBook::get_group(const schema::GetScheduleGroup& request,
                                                      const Caller& caller) const {
    return known_group(request.name, caller.principal.account);
}

Result<schema::ScheduleGroupList> ScheduleBook::list_groups(
    const schema::ListScheduleGroups& request, const Caller& caller) const {
    const std::string& account = caller.principal.account;
    std::vector<schema::ScheduleGroup> all;
    for (const auto& [arn, group] : groups_) {
        if (group.account == account) all.push_back(group);
    }
    ONPUT_TRY(auto own, known_group("", account));
    if (!groups_.contains(own.arn)) all.push_back(std::move(own));
    std::ranges::sort(all, {}, &schema::ScheduleGroup::name);
    const std::size_t page_max = std::clamp<std::size_t>(request.groups_max, 1, schedule_page_max);
    schema::ScheduleGroupList page;
    for (auto& group : all) {
        if (group.name <= request.after || !group.name.starts_with(request.prefix)) continue;
        if (page.groups.size() == page_max) {
            page.next = page.groups.back().name;
            break;
        }
        page.groups.push_back(std::move(group));
    }
    return page;
}

// --- Tags -------------------------------------------------------------------------------------

Result<schema::ScheduleGroup> ScheduleBook::tagged(const std::string& arn,
                                                   const Caller& caller) const {
    const std::string groups = group_arn(caller.principal.account, "x");
    const std::string prefix = groups.substr(0, groups.size() - 1);
    if (!arn.starts_with(prefix)) return no_such_group(arn);
    return known_group(std::string_view(arn).substr(prefix.size()), caller.principal.account);
}

Result<schema::EventTags> ScheduleBook::change_tags(const schema::ChangeEventTags& request,
                                                    const Caller& caller, store::Batch& batch) {
    ONPUT_TRY(auto group, tagged(request.arn, caller));
    for (const auto& key : request.removed) group.tags.erase(key);
    for (const auto& [key, value] : request.set) group.tags[key] = value;
    if (group.tags.size() > schedule_tags_max) return quota_exceeded();
    batch.put(group_key(group.arn), schema::encode(group));
    schema::EventTags tags{.tags = group.tags};
    groups_[group.arn] = std::move(group);
    return tags;
}

Result<schema::EventTags> ScheduleBook::tags(const schema::GetEventTags& request,
                                             const Caller& caller) const {
    ONPUT_TRY(const auto group, tagged(request.arn, caller));
    return schema::EventTags{.tags = group.tags};
}

}  // namespace onput::notifier
