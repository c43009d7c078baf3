// The reading side of the bus: a SUB and the journal's requests around a BusSequencer.
#include <algorithm>
#include <chrono>
#include <optional>

#include "common/base/check.hpp"
#include "common/base/log.hpp"
#include "common/transport/bus.hpp"
#include "common/transport/bus_sequencer.hpp"
#include "common/transport/socket.hpp"

namespace onput::transport {
namespace {

using namespace std::chrono_literals;

constexpr int live_queue_max = 10'000;  // Messages; above it the publisher drops, and we fetch.
constexpr ReceiveLimits receive_limits{.frames_max = 3, .bytes_max = 2 * request_bytes_max};
constexpr Duration retry_first = 50ms;
constexpr Duration retry_max = 2s;
// Heartbeats come each second. Without them the journal is asked instead, this often.
constexpr Duration silence_max = 3s;

// Asking again later cannot help.
bool is_final(const Error& error) {
    switch (error.code) {
        case ErrorCode::permission_denied:
        case ErrorCode::unimplemented: return true;
        case ErrorCode::invalid_argument:
        case ErrorCode::not_found: return error.reason.empty();
        default: return false;
    }
}

Result<std::vector<schema::JournalRecord>> decode_records(const std::vector<Frame>& attachments) {
    std::vector<schema::JournalRecord> records;
    records.reserve(attachments.size());
    for (const Frame& attachment : attachments) {
        ONPUT_TRY(auto record, schema::decode<schema::JournalRecord>(attachment.view()));
        records.push_back(std::move(record));
    }
    return records;
}

class SubReader final : public BusReader, private Pollable {
public:
    SubReader(Loop& loop, Socket sub, RequestClient& journal, Start start, BusReaderEvents events)
        : loop_(loop),
          sub_(std::move(sub)),
          journal_(journal),
          sequencer_(std::move(start)),
          events_(std::move(events)),
          is_alive_(std::make_shared<bool>(true)) {
        loop_.add(*this);
        silence_timer_ = loop_.every(silence_max, [this] { look_for_silence(); });
        advance();
    }
    ~SubReader() override {
        *is_alive_ = false;
        loop_.remove(*this);
        loop_.cancel(silence_timer_);
        if (retry_timer_) loop_.cancel(*retry_timer_);
    }

    void connect(const std::string& endpoint) {
        sub_.subscribe_all();
        if (auto connected = sub_.connect(endpoint); !connected) {
            // The journal alone is enough, if slower.
            log::warn("bus not connected", {{"why", connected.error().message}});
        }
    }

private:
    using Steps = std::vector<BusSequencer::Step>;

    SocketSignal& signal() override { return sub_.signal(); }
    void on_readable() override;
    void take_message(Steps& steps);
    void look_for_silence();
    void advance();
    void send(const schema::FindJournal& find);
    void send(const schema::FetchJournal& fetch);
    void on_page(Result<schema::JournalPage> page, const std::vector<Frame>& attachments);
    void refused(const Error& error);
    void retry_later();
    bool report(Steps steps);
    void tell_one(BusSequencer::Step& step);

    Loop& loop_;
    Socket sub_;
    RequestClient& journal_;
    BusSequencer sequencer_;
    BusReaderEvents events_;
    // Shared with calls that are open when the reader goes, and with `report`, whose events may end
    // the reader.
    std::shared_ptr<bool> is_alive_;
    bool has_failed_ = false;
    bool has_heard_ = true;  // Anything from the bus since the last look.
    TimerId silence_timer_;
    std::optional<TimerId> retry_timer_;
    Duration retry_delay_ = retry_first;
    std::vector<Frame> frames_;
};

void SubReader::on_readable() {
    Steps steps;
    for (std::size_t i = 0; i < messages_per_turn; ++i) {
        const Received received = sub_.receive(frames_, receive_limits);
        if (received == Received::nothing) break;
        if (received == Received::message && frames_.size() == 3) take_message(steps);
    }
    if (report(std::move(steps))) advance();
}

// What does not decode is left out: if it was a record, the hole is fetched.
void SubReader::take_message(Steps& steps) {
    auto head = schema::decode<schema::BusHead>(frames_[1].view());
    if (!head) return;
    has_heard_ = true;
    if (frames_[0].view() == "head") return sequencer_.on_heartbeat(*head);
    sequencer_.on_live(head->epoch,
                       {.sequence = head->sequence,
                        .time = head->time,
                        .type = std::move(head->type),
                        .topic = frames_[0].to_string(),
                        .body = frames_[2].to_string()},
                       steps);
}

void SubReader::look_for_silence() {
    if (!std::exchange(has_heard_, false)) {
        sequencer_.on_silence();
        advance();
    }
}

// Sends the request that is due, if any.
void SubReader::advance() {
    if (has_failed_ || retry_timer_) return;
    const auto request = sequencer_.next_request();
    if (request) std::visit([this](const auto& message) { send(message); }, *request);
}

void SubReader::send(const schema::FindJournal& find) {
    call(journal_, find, {},
         [this, alive = is_alive_](Result<schema::JournalPosition> position,
                                   const std::vector<Frame>&) {
             if (!*alive) return;
             if (!position) return refused(position.error());
             retry_delay_ = retry_first;
             Steps steps;
             sequencer_.on_position(*position, steps);
             if (report(std::move(steps))) advance();
         });
}

void SubReader::send(const schema::FetchJournal& fetch) {
    call(journal_, fetch, {},
         [this, alive = is_alive_](Result<schema::JournalPage> page,
                                   const std::vector<Frame>& attachments) {
             if (*alive) on_page(std::move(page), attachments);
         });
}

void SubReader::on_page(Result<schema::JournalPage> page, const std::vector<Frame>& attachments) {
    if (!page) return refused(page.error());
    auto records = decode_records(attachments);
    if (!records) return refused(records.error());
    Steps steps;
    const auto taken = sequencer_.on_page(*page, std::move(*records), steps);
    if (taken) {
        retry_delay_ = retry_first;
    } else {
        if (taken.error().code == ErrorCode::corruption) {
            log::warn("journal page refused", {{"why", taken.error().message}});
        }
        retry_later();
    }
    if (report(std::move(steps))) advance();
}

void SubReader::refused(const Error& error) {
    if (is_final(error)) {
        has_failed_ = true;
        if (events_.on_failed) events_.on_failed(error);
        return;
    }
    Steps steps;
    sequencer_.on_refused(error, steps);
    // Even what can go on at once waits: a journal that keeps refusing is not asked in a tight
    // circle.
    retry_later();
    static_cast<void>(report(std::move(steps)));
}

void SubReader::retry_later() {
    retry_timer_ = loop_.after(retry_delay_, [this] {
        retry_timer_.reset();
        advance();
    });
    retry_delay_ = std::min(2 * retry_delay_, retry_max);
}

// Returns false when an event has ended the reader.
bool SubReader::report(Steps steps) {
    const auto alive = is_alive_;
    for (auto& step : steps) {
        tell_one(step);
        if (!*alive) return false;
    }
    return true;
}

void SubReader::tell_one(BusSequencer::Step& step) {
    if (const auto* record = std::get_if<schema::JournalRecord>(&step)) {
        if (events_.on_record) events_.on_record(*record);
    } else if (const auto* fetched = std::get_if<BusSequencer::Fetched>(&step)) {
        if (events_.on_fetched) events_.on_fetched(fetched->from, fetched->to);
    } else if (const auto* truncated = std::get_if<BusSequencer::Truncated>(&step)) {
        if (events_.on_truncated) events_.on_truncated(truncated->from, truncated->to);
    } else if (const auto* epoch = std::get_if<BusSequencer::NewEpoch>(&step)) {
        if (events_.on_epoch) events_.on_epoch(epoch->epoch);
    } else if (const auto* caught_up = std::get_if<BusSequencer::CaughtUp>(&step)) {
        if (events_.on_caught_up) events_.on_caught_up(caught_up->head_sequence);
    }
}

}  // namespace

std::unique_ptr<BusReader> BusReader::follow(Loop& loop, const std::string& bus_endpoint,
                                             RequestClient& journal, Start start,
                                             BusReaderEvents events) {
    auto sub = Socket::open(
        loop.context(),
        {.type = SocketType::sub, .send_queue_max = 1000, .receive_queue_max = live_queue_max});
    ONPUT_CHECK(sub.has_value());
    auto reader = std::make_unique<SubReader>(loop, std::move(*sub), journal, std::move(start),
                                              std::move(events));
    reader->connect(bus_endpoint);
    return reader;
}

}  // namespace onput::transport
