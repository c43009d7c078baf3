#include "tests/sim/reader_node.hpp"

namespace onput::sim {
namespace {

constexpr Duration ask_again = milliseconds(500);
constexpr Duration ask_timeout = seconds(5);

}  // namespace

void ReaderNode::on_start() {
    // Few, so that the limit is met.
    sequencer_.emplace(transport::BusReader::Start{.epoch = {}, .from_sequence = 1},
                       Sequencer::Limits{.kept_records_max = 20, .kept_bytes_max = 1 << 20});
    post([this] { ask(); });
}

void ReaderNode::on_live(const std::string& epoch, const schema::JournalRecord& record) {
    std::vector<Sequencer::Step> steps;
    sequencer_->on_live(epoch, record, steps);
    take(steps);
    ask();
}

void ReaderNode::on_heartbeat(const schema::BusHead& head) {
    sequencer_->on_heartbeat(head);
    ask();
}

void ReaderNode::take(const std::vector<Sequencer::Step>& steps) {
    bool is_first_epoch = changes_.read_through() == 0;
    for (const auto& step : steps) {
        if (const auto* record = std::get_if<schema::JournalRecord>(&step)) {
            changes_.handed_on(*record);
        } else if (std::holds_alternative<Sequencer::NewEpoch>(step)) {
            world_.expect(is_first_epoch, "a reader was told of another journal");
        } else if (const auto* gone = std::get_if<Sequencer::Truncated>(&step)) {
            changes_.skipped(gone->from, gone->to);
        }
    }
}

void ReaderNode::refused(const Error& error) {
    std::vector<Sequencer::Step> steps;
    sequencer_->on_refused(error, steps);
    take(steps);
    if (std::exchange(is_waiting_, true)) return;
    after(ask_again, [this] {
        is_waiting_ = false;
        ask();
    });
}

void ReaderNode::ask() {
    if (is_waiting_) return;
    const auto request = sequencer_->next_request();
    if (!request) return;
    if (const auto* position = std::get_if<schema::FindJournal>(&*request)) return find(*position);
    fetch(std::get<schema::FetchJournal>(*request));
}

void ReaderNode::find(const schema::FindJournal& request) {
    transport::CallOptions options;
    options.timeout = ask_timeout;
    transport::call(*notifier_, request, std::move(options),
                    [this](const Result<schema::JournalPosition>& position, const auto&) {
                        if (!position) return refused(position.error());
                        std::vector<Sequencer::Step> steps;
                        sequencer_->on_position(*position, steps);
                        take(steps);
                        ask();
                    });
}

void ReaderNode::fetch(const schema::FetchJournal& request) {
    transport::CallOptions options;
    options.timeout = ask_timeout;
    transport::call(
        *notifier_, request, std::move(options),
        [this](const auto& page, const std::vector<transport::Frame>& frames) {
            if (!page) return refused(page.error());
            std::vector<schema::JournalRecord> records;
            for (const auto& frame : frames) {
                records.push_back(*schema::decode<schema::JournalRecord>(frame.to_string()));
            }
            std::vector<Sequencer::Step> steps;
            const auto taken = sequencer_->on_page(*page, std::move(records), steps);
            take(steps);
            if (!taken) return refused(taken.error());
            ask();
        });
}

}  // namespace onput::sim
