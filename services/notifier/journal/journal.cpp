#include "services/notifier/journal/journal.hpp"

#include <algorithm>

#include "common/base/check.hpp"
#include "common/service/rows.hpp"

namespace onput::notifier {
namespace {

bool is_indexed(std::string_view trace_id) {
    return !trace_id.empty() && trace_id.size() <= trace_id_bytes_max &&
           trace_id.find('\0') == std::string_view::npos;
}

Result<JournalEntry> to_entry(const schema::JournalRecord& record) {
    auto body = decode_body(record.body);
    if (!body) {
        return std::unexpected(std::move(body).error().with_context(
            "journal record " + std::to_string(record.sequence)));
    }
    return JournalEntry{.sequence = record.sequence,
                        .time = record.time,
                        .body = *std::move(body),
                        .bytes = record.body.size()};
}

std::unexpected<Error> refuse(ErrorCode code, std::string reason, std::string name,
                              std::string value) {
    Error error{
        .code = code, .message = "fetch from the journal: " + reason, .reason = std::move(reason)};
    error.details.emplace_back(std::move(name), std::move(value));
    return std::unexpected(std::move(error));
}

}  // namespace

Result<void> Journal::restore(std::string new_epoch, std::vector<store::Batch>& batches) {
    ONPUT_TRY(const auto row, view_.get(partition, state_key()));
    if (row) {
        ONPUT_TRY(state_, read_row<JournalStateRecord>(state_key(), *row));
    } else {
        ONPUT_TRY(state_, find_state(std::move(new_epoch)));
    }
    if (state_.epoch.empty() || state_.first_sequence == 0 ||
        state_.first_sequence > state_.head_sequence + 1 ||
        state_.owed_through > state_.head_sequence) {
        return fail(ErrorCode::corruption, "the journal's state makes no sense");
    }
    if (state_.counted_from == 0) count_anew();
    recent_.clear();
    recent_bytes_ = 0;
    head_time_ = Timestamp{};
    if (state_.first_sequence <= state_.head_sequence) {
        const auto newest = read_record(state_.head_sequence);
        if (newest) head_time_ = newest->time;
        if (!newest && view_.is_complete()) return std::unexpected(newest.error());
        if (!view_.is_complete()) ONPUT_TRY_VOID(fill_holes(batches));
    }
    if (view_.is_complete()) state_.lost.emplace();
    // Before the fillings: once those are there, nothing else tells where they are.
    if (!batches.empty()) {
        store::Batch state{std::string(partition)};
        write_state(state);
        batches.insert(batches.begin(), std::move(state));
    }
    write_state(batches.emplace_back(std::string(partition)));
    return restore_sources();
}

// From the records that are there, when there is no row of its own.
Result<JournalStateRecord> Journal::find_state(std::string new_epoch) const {
    JournalStateRecord state{.epoch = std::move(new_epoch)};
    ONPUT_TRY_VOID(service::for_each_key(view_, partition, journal_between(1, UINT64_MAX - 1),
                                         [&state](const std::string& key) -> Result<void> {
                                             const std::uint64_t sequence = sequence_in(key);
                                             if (state.head_sequence == 0) {
                                                 state.first_sequence = sequence;
                                             }
                                             state.head_sequence = sequence;
                                             return {};
                                         }));
    // The newest records may be among those that are gone.
    ONPUT_TRY_VOID(service::for_each_row(
        view_, partition, destinations(), [&state](const store::Row& row) -> Result<void> {
            ONPUT_TRY(const auto record, read_row<DestinationRecord>(row.key, row.value));
            state.head_sequence = std::max(state.head_sequence, sequence_of(record.last_number));
            return {};
        }));
    state.owed_through = state.first_sequence - 1;
    return state;
}

// By keys alone: the bodies of the others are not read for it.
Result<void> Journal::fill_holes(std::vector<store::Batch>& batches) {
    std::uint64_t next = first();
    const auto fill_before = [&](std::uint64_t end) -> Result<void> {
        for (; next < end; ++next) ONPUT_TRY_VOID(fill(next, batches));
        return {};
    };
    const auto take = [&](const std::string& key) -> Result<void> {
        const std::uint64_t sequence = sequence_in(key);
        ONPUT_TRY_VOID(fill_before(sequence));
        next = sequence + 1;
        return {};
    };
    ONPUT_TRY_VOID(service::for_each_key(view_, partition, journal_between(first(), head()), take));
    return fill_before(head() + 1);
}

Result<void> Journal::fill(std::uint64_t sequence, std::vector<store::Batch>& batches) {
    // A scan may leave out rows beside a gap that can be read one by one.
    ONPUT_TRY(const auto row, view_.get(partition, journal_key(sequence)));
    if (row) return {};
    if (sequence > first() && sequence - 1 != filled_) {
        ONPUT_TRY(const auto before, read_record(sequence - 1));
        filled_time_ = before.time;
    }
    // What the lost record had is counted, and not known.
    count_anew();
    note_lost(sequence);
    filled_ = sequence;
    if (sequence == head()) head_time_ = filled_time_;
    const schema::DeliveryAttempt lost{.protocol = "journal",
                                       .error = "the record was lost with damaged rows"};
    const JournalBody body = lost;
    const schema::JournalRecord record{.sequence = sequence,
                                       .time = filled_time_,
                                       .type = bus_type_of(body),
                                       .topic = bus_topic_of(body),
                                       .body = schema::encode(lost)};
    if (batches.empty() || batches.back().changes().size() >= lost_records_per_batch) {
        batches.emplace_back(std::string(partition));
    }
    batches.back().put(journal_key(sequence), schema::encode(record));
    return {};
}

Result<void> Journal::restore_sources() {
    sources_.clear();
    return service::for_each_row(
        view_, partition, sources(), [this](const store::Row& row) -> Result<void> {
            ONPUT_TRY(auto record, read_row<SourceRecord>(row.key, row.value));
            sources_.emplace(source_in(row.key), record);
            return {};
        });
}

std::uint64_t Journal::through(std::string_view source) const {
    const auto found = sources_.find(source);
    return found == sources_.end() ? 0 : found->second.through;
}

void Journal::set_through(std::string_view source, std::uint64_t through, store::Batch& batch) {
    auto found = sources_.find(source);
    if (found == sources_.end()) {
        if (sources_.size() >= sources_max) {
            const auto oldest = std::ranges::min_element(
                sources_, {}, [](const auto& one) { return one.second.appended_at; });
            batch.remove(source_key(oldest->first));
            sources_.erase(oldest);
        }
        found = sources_.emplace(source, SourceRecord{}).first;
    }
    SourceRecord& record = found->second;
    ONPUT_CHECK(record.through <= through);
    record = {.through = through, .appended_at = head_time_};
    batch.put(source_key(source), schema::encode(record));
}

schema::JournalRecord Journal::append(JournalBody body, std::string bytes, Timestamp now,
                                      store::Batch& batch) {
    head_time_ = std::max(head_time_, now);
    const std::size_t body_bytes = bytes.size();
    schema::JournalRecord record{.sequence = ++state_.head_sequence,
                                 .time = head_time_,
                                 .type = bus_type_of(body),
                                 .topic = bus_topic_of(body),
                                 .body = std::move(bytes)};
    state_.bytes += body_bytes;
    batch.put(journal_key(record.sequence), schema::encode(record));
    const std::string& trace_id = trace_of(body).trace_id;
    if (is_indexed(trace_id)) batch.put(trace_key(trace_id, record.sequence), {});
    remember({.sequence = record.sequence,
              .time = record.time,
              .body = std::move(body),
              .bytes = body_bytes});
    return record;
}

void Journal::write_state(store::Batch& batch) const {
    batch.put(state_key(), schema::encode(state_));
}

void Journal::remember(JournalEntry entry) {
    recent_bytes_ += entry.bytes;
    recent_.push_back(std::move(entry));
    while (recent_.size() > recent_records_max || recent_bytes_ > recent_bytes_max) {
        recent_bytes_ -= recent_.front().bytes;
        recent_.pop_front();
    }
}

const JournalEntry* Journal::recent(std::uint64_t sequence) const {
    if (recent_.empty() || sequence < recent_.front().sequence ||
        sequence > recent_.back().sequence) {
        return nullptr;
    }
    return &recent_[sequence - recent_.front().sequence];
}

Result<schema::JournalRecord> Journal::read_record(std::uint64_t sequence) const {
    const std::string key = journal_key(sequence);
    ONPUT_TRY(const auto row, view_.get(partition, key));
    if (!row) {
        return fail(ErrorCode::corruption,
                    "journal record " + std::to_string(sequence) + " is missing");
    }
    return read_row<schema::JournalRecord>(key, *row);
}

Result<JournalEntry> Journal::read(std::uint64_t sequence) const {
    ONPUT_TRY(const auto record, read_record(sequence));
    return to_entry(record);
}

Result<EntryRef> Journal::load(std::uint64_t sequence) const {
    if (const JournalEntry* entry = recent(sequence)) return EntryRef(entry);
    ONPUT_TRY(auto entry, read(sequence));
    return EntryRef(std::move(entry));
}

void Journal::set_owed_through(std::uint64_t sequence) {
    ONPUT_CHECK(sequence >= state_.owed_through);
    ONPUT_CHECK(sequence <= head());
    state_.owed_through = sequence;
}

Result<std::vector<JournalEntry>> Journal::read_from(std::uint64_t from,
                                                     store::ScanLimit limit) const {
    const auto range = journal_between(std::max(from, first()), head());
    ONPUT_TRY(const auto rows, view_.scan(partition, range, limit));
    std::vector<JournalEntry> entries;
    entries.reserve(rows.size());
    for (const auto& row : rows) {
        ONPUT_TRY(const auto record, read_row<schema::JournalRecord>(row.key, row.value));
        ONPUT_TRY(auto entry, to_entry(record));
        entries.push_back(std::move(entry));
    }
    return entries;
}

Result<FetchedPage> Journal::fetch(const schema::FetchJournal& request) const {
    if (!request.epoch.empty() && request.epoch != epoch()) {
        return refuse(ErrorCode::conflict, "wrong_epoch", "Epoch", epoch());
    }
    if (request.from_sequence < first()) {
        return refuse(ErrorCode::not_found, "truncated", "FirstSequence", std::to_string(first()));
    }
    FetchedPage result;
    result.page = {
        .epoch = epoch(), .first_sequence = first(), .head_sequence = head(), .records = 0};
    const std::size_t records_max =
        std::min<std::size_t>(request.records_max, schema::journal_page_max);
    std::uint64_t from = request.from_sequence;
    std::size_t bytes = 0;
    while (from <= head() && result.records.size() < records_max) {
        const store::ScanLimit limit{
            std::min(records_max - result.records.size(), store::scan_rows_max),
            fetch_bytes_max - bytes};
        ONPUT_TRY(auto rows, view_.scan(partition, journal_between(from, head()), limit));
        if (rows.empty()) break;
        from += rows.size();
        for (auto& row : rows) {
            bytes += row.value.size();
            if (bytes > fetch_bytes_max && !result.records.empty()) break;
            result.records.push_back(std::move(row.value));
        }
        if (bytes >= fetch_bytes_max) break;
    }
    result.page.records = static_cast<std::uint32_t>(result.records.size());
    return result;
}

Result<schema::JournalPosition> Journal::find(const schema::FindJournal& request) const {
    std::uint64_t low = first();
    std::uint64_t high = head() + 1;  // The answer is in [low, high].
    if (!request.since) low = high;
    const Timestamp since = request.since.value_or(Timestamp{});
    while (low < high) {
        const std::uint64_t middle = low + (high - low) / 2;
        ONPUT_TRY(const auto record, read_record(middle));
        if (record.time < since) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return schema::JournalPosition{.epoch = epoch(),
                                   .first_sequence = first(),
                                   .head_sequence = head(),
                                   .sequence = low,
                                   .bus_endpoint = {}};
}

Result<std::vector<std::uint64_t>> Journal::sequences_of(std::string_view trace_id) const {
    std::vector<std::uint64_t> sequences;
    if (!is_indexed(trace_id)) return sequences;
    ONPUT_TRY(const auto rows, view_.scan(partition, trace_of(trace_id), store::scan_rows_max));
    for (const auto& row : rows) sequences.push_back(sequence_in(row.key));
    return sequences;
}

void Journal::note_lost(std::uint64_t sequence) {
    if (!state_.lost) return;
    auto& lost = *state_.lost;
    std::erase_if(lost, [this](const LostRecords& range) { return range.through < first(); });
    const bool follows = !lost.empty() && lost.back().through + 1 == sequence;
    if (follows || lost.size() >= lost_ranges_max) {
        lost.back().from = std::min(lost.back().from, sequence);
        lost.back().through = std::max(lost.back().through, sequence);
        return;
    }
    lost.push_back({.from = sequence, .through = sequence});
}

bool Journal::may_be_lost(std::uint64_t sequence) const {
    if (!state_.lost) return true;
    return std::ranges::any_of(*state_.lost, [sequence](const LostRecords& range) {
        return range.from <= sequence && sequence <= range.through;
    });
}

void Journal::count_anew() {
    state_.bytes = 0;
    state_.counted_from = head() + 1;
}

bool Journal::is_above(const Retention& retention) const {
    return head() + 1 - first() > retention.records_max || bytes() > retention.bytes_max;
}

void Journal::forget(const JournalEntry& entry, store::Batch& batch) {
    ONPUT_CHECK(entry.sequence == first());
    batch.remove(journal_key(entry.sequence));
    const std::string& trace_id = trace_of(entry.body).trace_id;
    if (is_indexed(trace_id)) batch.remove(trace_key(trace_id, entry.sequence));
    state_.first_sequence = entry.sequence + 1;
    if (entry.sequence < state_.counted_from) return;
    state_.bytes -= std::min<std::uint64_t>(state_.bytes, entry.bytes);
}

Result<bool> Journal::trim(const Retention& retention, store::Batch& batch) {
    // Bytes are copied for each record looked at, so look at none when the oldest one stays.
    if (first() > head() || first() >= retention.needed_from) return false;
    if (!is_above(retention)) {
        ONPUT_TRY(const auto oldest, read_record(first()));
        if (oldest.time >= retention.older_than) return false;
    }
    ONPUT_TRY(const auto entries, read_from(first(), {trim_records_per_turn, trim_bytes_per_turn}));
    std::size_t removed = 0;
    for (const auto& entry : entries) {
        if (entry.sequence >= retention.needed_from ||
            (entry.time >= retention.older_than && !is_above(retention))) {
            break;
        }
        forget(entry, batch);
        ++removed;
    }
    while (!recent_.empty() && recent_.front().sequence < first()) {
        recent_bytes_ -= recent_.front().bytes;
        recent_.pop_front();
    }
    if (removed > 0) write_state(batch);
    return removed > 0 && removed == entries.size();
}

void Journal::check_invariants() const {
    ONPUT_CHECK(!epoch().empty());
    ONPUT_CHECK(first() >= 1);
    ONPUT_CHECK(first() <= head() + 1);
    ONPUT_CHECK(owed_through() <= head());
    ONPUT_CHECK(recent_.size() <= recent_records_max);
    if (!recent_.empty()) {
        ONPUT_CHECK(recent_.back().sequence == head());
        ONPUT_CHECK(recent_.back().sequence - recent_.front().sequence + 1 == recent_.size());
        ONPUT_CHECK(recent_.front().sequence >= first());
    }
}

}  // namespace onput::notifier
