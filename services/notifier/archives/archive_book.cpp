#include "services/notifier/archives/archive_book.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/base/check.hpp"
#include "common/service/rows.hpp"
#include "services/notifier/archives/archive_rows.hpp"
#include "services/notifier/journal/records.hpp"
#include "services/notifier/rules/rule_refusal.hpp"

namespace onput::notifier {
namespace {

std::unexpected<Error> no_such(std::string_view what, std::string_view name) {
    return fail(ErrorCode::not_found, fmt::format("{} {} does not exist.", what, name),
                "ResourceNotFoundException");
}

std::unexpected<Error> exists(std::string_view what, std::string_view name) {
    return fail(ErrorCode::conflict, fmt::format("{} {} already exists.", what, name),
                "ResourceAlreadyExistsException");
}

Result<std::optional<pattern::EventPattern>> read_pattern_of(const std::string& json) {
    if (json.empty()) return std::optional<pattern::EventPattern>();
    ONPUT_TRY(auto pattern, pattern::EventPattern::parse(json));
    return std::optional<pattern::EventPattern>(std::move(pattern));
}

}  // namespace

std::string ArchiveBook::arn_of(std::string_view kind, const std::string& account,
                                std::string_view name) const {
    return fmt::format("arn:aws:events:{}:{}:{}/{}", options_.region, account, kind, name);
}

Result<void> ArchiveBook::restore() {
    ONPUT_CHECK(archives_.empty() && replays_.empty());
    const auto take_archive = [this](const store::Row& row) -> Result<void> {
        ONPUT_TRY(auto info, read_row<schema::ArchiveInfo>(row.key, row.value));
        ONPUT_TRY(auto pattern, read_pattern_of(info.pattern));
        last_number_ = std::max(last_number_, info.number);
        std::string arn = info.arn;
        archives_[std::move(arn)] = {.info = std::move(info), .pattern = std::move(pattern)};
        return {};
    };
    const auto take_deleted = [this](const store::Row& row) -> Result<void> {
        ONPUT_TRY(auto info, read_row<schema::ArchiveInfo>(row.key, row.value));
        last_number_ = std::max(last_number_, info.number);
        const std::uint64_t number = info.number;
        deleted_[number] = std::move(info);
        return {};
    };
    const auto take_replay = [this](const store::Row& row) -> Result<void> {
        ONPUT_TRY(auto info, read_row<schema::ReplayInfo>(row.key, row.value));
        if (!is_over(info)) open_.push_back(info.arn);
        // The newest archive may be lost with damaged rows: its number is not used again.
        last_number_ = std::max(last_number_, info.archive_number);
        std::string arn = info.arn;
        replays_[std::move(arn)] = std::move(info);
        return {};
    };
    ONPUT_TRY_VOID(service::for_each_row(view_, partition, archive_rows(), take_archive));
    ONPUT_TRY_VOID(service::for_each_row(view_, partition, deleted_archive_rows(), take_deleted));
    return service::for_each_row(view_, partition, replay_rows(), take_replay);
}

void ArchiveBook::write(const schema::ArchiveInfo& info, store::Batch& batch) {
    batch.put(archive_key(info.arn), schema::encode(info));
}

Result<ArchiveBook::Archive*> ArchiveBook::known_archive(std::string_view name,
                                                         const std::string& account) {
    const auto found = archives_.find(arn_of("archive", account, name));
    if (found == archives_.end()) return no_such("Archive", name);
    return &found->second;
}

const ArchiveBook::Archive* ArchiveBook::find_archive(std::string_view arn) const {
    const auto found = archives_.find(arn);
    return found == archives_.end() ? nullptr : &found->second;
}

// --- Archives ---------------------------------------------------------------------------------

Result<schema::ArchiveInfo> ArchiveBook::create(const schema::CreateArchive& request,
                                                const Caller& caller, store::Batch& batch) {
    const std::string& account = caller.principal.account;
    const std::string arn = arn_of("archive", account, request.name);
    if (archives_.contains(arn)) return exists("Archive", request.name);
    const auto count = std::ranges::count_if(
        archives_, [&account](const auto& row) { return row.second.info.account == account; });
    if (static_cast<std::size_t>(count) >= options_.archives_per_account_max) return too_many();
    if (count_on(request.bus_arn) >= archives_per_bus_max) return too_many();
    ONPUT_TRY(auto pattern, read_pattern_of(request.pattern));
    Archive& archive = archives_[arn];
    archive.info = {.arn = arn,
                    .name = request.name,
                    .account = account,
                    .bus_arn = request.bus_arn,
                    .description = request.description,
                    .pattern = request.pattern,
                    .retention_days = request.retention_days,
                    .created_at = caller.now,
                    .number = ++last_number_};
    archive.pattern = std::move(pattern);
    write(archive.info, batch);
    return archive.info;
}

Result<schema::ArchiveInfo> ArchiveBook::update(const schema::UpdateArchive& request,
                                                const Caller& caller, store::Batch& batch) {
    ONPUT_TRY(Archive * archive, known_archive(request.name, caller.principal.account));
    if (request.pattern) {
        ONPUT_TRY(archive->pattern, read_pattern_of(*request.pattern));
        archive->info.pattern = *request.pattern;
    }
    if (request.description) archive->info.description = *request.description;
    if (request.retention_days) archive->info.retention_days = *request.retention_days;
    write(archive->info, batch);
    return archive->info;
}

Result<schema::Empty> ArchiveBook::remove(const schema::DeleteArchive& request,
                                          const Caller& caller, store::Batch& batch) {
    ONPUT_TRY(Archive * archive, known_archive(request.name, caller.principal.account));
    const schema::ArchiveInfo info = archive->info;
    batch.remove(archive_key(info.arn));
    batch.put(deleted_archive_key(info.number), schema::encode(info));
    archives_.erase(info.arn);
    deleted_[info.number] = info;
    return schema::Empty{};
}

Result<schema::ArchiveInfo> ArchiveBook::get(const schema::GetArchive& request,
                                             const Caller& caller) const {
    const auto* found = find_archive(arn_of("archive", caller.principal.account, request.name));
    if (found == nullptr) return no_such("Archive", request.name);
    return found->info;
}

Result<schema::ArchiveList> ArchiveBook::list(const schema::ListArchives& request,
                                              const Caller& caller) const {
    schema::ArchiveList page;
    const std::size_t page_max =
        std::clamp<std::size_t>(request.archives_max, 1, schema::event_page_max);
    for (const auto& [arn, archive] : archives_) {
        const auto& info = archive.info;
        if (info.account != caller.principal.account || info.name <= request.after) continue;
        if (!info.name.starts_with(request.prefix)) continue;
        if (!request.bus_arn.empty() && info.bus_arn != request.bus_arn) continue;
        if (page.archives.size() == page_max) {
            page.next = page.archives.back().name;
            break;
        }
        page.archives.push_back(info);
    }
    return page;
}

std::size_t ArchiveBook::count_on(std::string_view bus_arn) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        archives_, [bus_arn](const auto& row) { return row.second.info.bus_arn == bus_arn; }));
}

void ArchiveBook::keep(const schema::BusEvent& event, std::string_view document, Timestamp age_now,
                       store::Batch& batch) {
    if (!event.replay_name.empty()) return;
    for (auto& [arn, archive] : archives_) {
        if (archive.info.bus_arn != event.bus_arn) continue;
        if (archive.pattern && !archive.pattern->matches(document)) continue;
        ArchivedEvent copy{.archived_at = age_now, .event = event};
        copy.event.owed.clear();
        std::string bytes = schema::encode(copy);
        ++archive.info.events;
        archive.info.bytes += bytes.size();
        batch.put(archived_event_key(archive.info.number, event), std::move(bytes));
        write(archive.info, batch);
    }
}

// --- Trimming ---------------------------------------------------------------------------------

Result<std::size_t> ArchiveBook::remove_events(std::uint64_t number, store::Batch& batch) const {
    ONPUT_TRY(const auto keys,
              view_.scan_keys(partition, archived_event_rows(number), archive_rows_per_turn));
    for (const auto& key : keys) batch.remove(key);
    return keys.size();
}

Result<bool> ArchiveBook::trim(Timestamp age_now, store::Batch& batch) {
    if (deleted_.empty()) return trim_round(age_now, batch);
    const std::uint64_t number = deleted_.begin()->first;
    ONPUT_TRY(const std::size_t removed, remove_events(number, batch));
    if (removed > 0) return true;
    // The number of the newest one is kept by its row, so that it is never used again.
    if (number == last_number_ && deleted_.size() == 1) return trim_round(age_now, batch);
    batch.remove(deleted_archive_key(number));
    deleted_.erase(number);
    return !deleted_.empty();
}

Result<bool> ArchiveBook::trim_round(Timestamp age_now, store::Batch& batch) {
    if (next_row_.empty()) {
        const bool is_time = age_now >= round_at_ + archive_round_interval || age_now < round_at_;
        if (archives_.empty() || !is_time) return false;
        round_at_ = age_now;
        next_row_ = all_archived_event_rows().from;
    }
    const store::Range range{.from = next_row_, .to = all_archived_event_rows().to};
    ONPUT_TRY(const auto rows,
              view_.scan(partition, range, {archive_rows_per_turn, archive_bytes_per_turn}));
    next_row_.clear();
    bool has_removed = false;
    for (const store::Row& row : rows) {
        next_row_ = row.key + '\0';
        const std::uint64_t number = archive_number_in(row.key);
        const auto owner = std::ranges::find_if(
            archives_, [number](const auto& one) { return one.second.info.number == number; });
        if (owner == archives_.end()) continue;  // A deleted one's.
        schema::ArchiveInfo& info = owner->second.info;
        if (info.retention_days == 0) {
            // Nothing of it is looked at.
            next_row_ = archived_event_rows(number).to;
            break;
        }
        ONPUT_TRY(const auto held, read_row<ArchivedEvent>(row.key, row.value));
        const auto kept_for = std::chrono::days(std::min(info.retention_days, retention_days_max));
        if (age_now - held.archived_at < kept_for) {
            // The rows of an archive are in the order of their events' own times. Behind one that
            // is young by it, all are: one from the future stays until its time has come.
            if (age_now - held.event.time >= kept_for) continue;
            next_row_ = archived_event_rows(number).to;
            break;
        }
        batch.remove(row.key);
        has_removed = true;
        --info.events;
        info.bytes -= std::min<std::uint64_t>(info.bytes, row.value.size());
        write(info, batch);
    }
    return has_removed;
}

}  // namespace onput::notifier
