#include "tests/sim/reader_node.hpp"

#include "tests/sim/notifier_node.hpp"

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
        } else if (std::holds_alternative<Sequencer::Truncated>(step)) {
            world_.broken("a reader was told that the journal is truncated");
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
    const Link link{.from = *this, .to = *notifier_, .timeout = ask_timeout};
    if (const auto* find = std::get_if<schema::FindJournal>(&*request)) {
        network_.call<schema::JournalPosition>(
            link,
            [notifier = notifier_, find = *find](auto answer) {
                notifier->find(find, std::move(answer));
            },
            [this](const Result<schema::JournalPosition>& position) {
                if (!position) return refused(position.error());
                std::vector<Sequencer::Step> steps;
                sequencer_->on_position(*position, steps);
                take(steps);
                ask();
            });
        return;
    }
    network_.call<notifier::FetchedPage>(
        link,
        [notifier = notifier_, fetch = std::get<schema::FetchJournal>(*request)](auto answer) {
            notifier->fetch(fetch, std::move(answer));
        },
        [this](const Result<notifier::FetchedPage>& fetched) {
            if (!fetched) return refused(fetched.error());
            std::vector<schema::JournalRecord> records;
            for (const auto& bytes : fetched->records) {
                records.push_back(*schema::decode<schema::JournalRecord>(bytes));
            }
            std::vector<Sequencer::Step> steps;
            const auto taken = sequencer_->on_page(fetched->page, std::move(records), steps);
            take(steps);
            if (!taken) return refused(taken.error());
            ask();
        });
}

}  // namespace onput::sim
