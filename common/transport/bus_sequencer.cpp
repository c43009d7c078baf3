#include "common/transport/bus_sequencer.hpp"

#include <algorithm>

#include "common/base/check.hpp"
#include "common/base/text.hpp"

namespace onput::transport {
namespace {

std::size_t bytes_of(const schema::JournalRecord& record) {
    return sizeof(record) + record.body.size() + record.topic.size() + record.type.size();
}

// The oldest sequence still kept, as the error `truncated` names it.
std::optional<std::uint64_t> first_sequence_of(const Error& error) {
    for (const auto& [name, value] : error.details) {
        if (name != "FirstSequence") continue;
        if (const auto number = parse_number<std::uint64_t>(value)) return number;
    }
    return {};
}

}  // namespace

BusSequencer::BusSequencer(BusReader::Start start, Limits limits)
    : start_(std::move(start)), limits_(limits) {}

void BusSequencer::on_live(const std::string& epoch, schema::JournalRecord record,
                           std::vector<Step>& steps) {
    if (!has_position_) {
        // Only records of one journal can be kept; those of an older one are of no use.
        if (epoch != kept_epoch_) {
            kept_.clear();
            kept_bytes_ = 0;
            kept_epoch_ = epoch;
        }
        return keep(std::move(record));
    }
    if (epoch != epoch_) {
        // The bus says that the journal is a new one. What it is, the journal says.
        wants_position_ = true;
        return;
    }
    head_ = std::max(head_, record.sequence);
    if (record.sequence < next_) return;
    if (record.sequence > next_) return keep(std::move(record));
    hand_on(std::move(record), steps);
    hand_on_kept(steps);
    tell_caught_up(steps);
}

void BusSequencer::on_heartbeat(const schema::BusHead& head) {
    if (!has_position_) return;
    if (head.epoch != epoch_) {
        wants_position_ = true;
        return;
    }
    head_ = std::max(head_, head.sequence);
}

void BusSequencer::on_silence() {
    wants_position_ = true;
}

std::optional<BusSequencer::Request> BusSequencer::next_request() {
    if (open_request_) return {};
    if (wants_position_) {
        wants_position_ = false;
        open_request_ = schema::FindJournal{};
        return open_request_;
    }
    check_invariants();
    if (head_ < next_) return {};
    // The hole ends before the first record that is kept, else at the head.
    const std::uint64_t end = kept_.empty() ? head_ + 1 : kept_.begin()->first;
    const std::uint64_t count = std::min<std::uint64_t>(end - next_, schema::journal_page_max);
    if (count == 0) return {};
    open_request_ = schema::FetchJournal{
        .epoch = epoch_, .from_sequence = next_, .records_max = static_cast<std::uint32_t>(count)};
    return open_request_;
}

void BusSequencer::on_position(const schema::JournalPosition& position, std::vector<Step>& steps) {
    open_request_.reset();
    if (!has_position_ || position.epoch != epoch_) {
        adopt(position, steps);
    } else {
        head_ = std::max(head_, position.head_sequence);
        skip_to(position.first_sequence, steps);
        hand_on_kept(steps);
    }
    tell_caught_up(steps);
    check_invariants();
}

// Begins to read a journal: at the start, or when it has been replaced.
void BusSequencer::adopt(const schema::JournalPosition& position, std::vector<Step>& steps) {
    const std::uint64_t oldest = std::max<std::uint64_t>(position.first_sequence, 1);
    const bool is_first = !has_position_;
    const bool is_named = is_first && start_.epoch == position.epoch;
    const bool is_expected = is_named || (is_first && start_.epoch.empty());
    if (!is_first || kept_epoch_ != position.epoch) {
        kept_.clear();
        kept_bytes_ = 0;
    }
    epoch_ = position.epoch;
    head_ = position.head_sequence;
    has_position_ = true;
    if (!is_named) steps.emplace_back(NewEpoch{epoch_});
    head_at_start_ = has_caught_up_ ? 0 : head_;
    // Of a journal that replaces the one that was read, every record is new.
    next_ = oldest;
    if (is_first && start_.from_sequence == 0) {
        next_ = head_ + 1;
    } else if (is_expected) {
        next_ = start_.from_sequence;
        skip_to(oldest, steps);
    }
    if (!kept_.empty()) head_ = std::max(head_, kept_.rbegin()->first);
    hand_on_kept(steps);
}

Result<void> BusSequencer::on_page(const schema::JournalPage& page,
                                   std::vector<schema::JournalRecord> records,
                                   std::vector<Step>& steps) {
    ONPUT_CHECK(open_request_.has_value());
    const auto* asked = std::get_if<schema::FetchJournal>(&*open_request_);
    ONPUT_CHECK(asked != nullptr);
    const std::uint64_t from = asked->from_sequence;
    const std::size_t count_max = asked->records_max;
    open_request_.reset();
    if (page.epoch != epoch_) {
        wants_position_ = true;
        return {};
    }
    if (records.size() > count_max) {
        return fail(ErrorCode::corruption, "journal page with more records than were asked for");
    }
    for (std::size_t i = 0; i < records.size(); ++i) {
        if (records[i].sequence != from + i) {
            return fail(ErrorCode::corruption, "journal page out of sequence");
        }
    }
    if (records.empty() && page.first_sequence <= from) {
        return fail(ErrorCode::unavailable, "the journal does not have yet what the bus announced");
    }
    head_ = std::max(head_, page.head_sequence);
    skip_to(page.first_sequence, steps);
    // Live records may have filled the beginning meanwhile.
    std::erase_if(records, [this](const auto& record) { return record.sequence < next_; });
    if (!records.empty() && records.back().sequence > head_at_start_) {
        Fetched fetched;
        fetched.from = std::max(records.front().sequence, head_at_start_ + 1);
        fetched.to = records.back().sequence;
        steps.emplace_back(fetched);
    }
    for (auto& record : records) {
        if (record.sequence == next_) hand_on(std::move(record), steps);
    }
    hand_on_kept(steps);
    tell_caught_up(steps);
    check_invariants();
    return {};
}

void BusSequencer::on_refused(const Error& error, std::vector<Step>& steps) {
    open_request_.reset();
    if (error.reason == "wrong_epoch" || !has_position_) {
        wants_position_ = true;
        return;
    }
    if (error.reason != "truncated") return;
    if (const auto first = first_sequence_of(error)) {
        skip_to(*first, steps);
        hand_on_kept(steps);
        tell_caught_up(steps);
    } else {
        wants_position_ = true;
    }
}

void BusSequencer::hand_on(schema::JournalRecord record, std::vector<Step>& steps) {
    ONPUT_CHECK(record.sequence == next_);
    head_ = std::max(head_, next_);
    ++next_;
    steps.emplace_back(std::move(record));
}

// Above the limit this record goes: it is the newest mostly, and comes again by fetch, since
// `head_` says that it exists.
void BusSequencer::keep(schema::JournalRecord record) {
    const std::size_t bytes = bytes_of(record);
    if (kept_.size() >= limits_.kept_records_max || kept_bytes_ + bytes > limits_.kept_bytes_max) {
        return;
    }
    const std::uint64_t sequence = record.sequence;
    if (kept_.emplace(sequence, std::move(record)).second) kept_bytes_ += bytes;
}

void BusSequencer::hand_on_kept(std::vector<Step>& steps) {
    while (!kept_.empty() && kept_.begin()->first <= next_) {
        auto first = kept_.extract(kept_.begin());
        kept_bytes_ -= bytes_of(first.mapped());
        if (first.key() == next_) hand_on(std::move(first.mapped()), steps);
    }
}

// Records before `first` are not kept any more.
void BusSequencer::skip_to(std::uint64_t first, std::vector<Step>& steps) {
    if (first <= next_) return;
    Truncated truncated;
    truncated.from = next_;
    truncated.to = first - 1;
    steps.emplace_back(truncated);
    next_ = first;
    head_ = std::max(head_, first - 1);
}

void BusSequencer::tell_caught_up(std::vector<Step>& steps) {
    if (has_caught_up_ || !has_position_ || next_ <= head_at_start_) return;
    has_caught_up_ = true;
    steps.emplace_back(CaughtUp{head_at_start_});
}

void BusSequencer::check_invariants() const {
    ONPUT_CHECK(!has_position_ || next_ > 0);
    // What is kept is ahead, never next: that would have been handed on.
    ONPUT_CHECK(!has_position_ || kept_.empty() || kept_.begin()->first > next_);
}

}  // namespace onput::transport
