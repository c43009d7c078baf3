// The event bus: XPUB at the notifier, SUB at every reader, and the journal behind both. The bus
// may drop (a slow or absent reader, a full buffer): the reader sees the hole in the sequence and
// fetches the range from the journal, so what it hands on is complete and in order. A publisher is
// never slowed by a reader.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/schema/notifier.hpp"
#include "common/transport/loop.hpp"
#include "common/transport/request.hpp"

namespace onput::transport {

class BusPublisher {
public:
    static Result<std::unique_ptr<BusPublisher>> bind(Loop& loop,
                                                      const std::vector<std::string>& endpoints);
    virtual ~BusPublisher() = default;

    // `topic` is cut to bus_topic_bytes_max.
    virtual void publish(std::string_view topic, const schema::BusHead& head,
                         std::string_view body) = 0;
    // The heartbeat: topic "head". The owner calls it each second.
    virtual void publish_head(const schema::BusHead& head) = 0;

    // How often a reader's buffer was found full: from then until it reads again it misses records,
    // which it fetches. 0 as long as all readers keep up.
    [[nodiscard]] virtual std::uint64_t drops() const = 0;

    // Subscriptions held for readers, and readers whose connection was closed because they asked
    // for too many (`BusSubscriptionLimits`); they come back by themselves, and are closed again.
    [[nodiscard]] virtual std::size_t subscriptions() const = 0;
    [[nodiscard]] virtual std::uint64_t readers_cut() const = 0;

    // What the endpoints became, in order.
    [[nodiscard]] virtual std::vector<std::string> endpoints() const = 0;
};

struct BusReaderEvents {
    // Every record from the start position on, once, in sequence.
    std::function<void(const schema::JournalRecord&)> on_record;
    // Records [from, to] did not come over the bus and were fetched; they follow as on_record. For
    // the reader's information; not told of what was there before reading began.
    std::function<void(std::uint64_t from, std::uint64_t to)> on_fetched;
    // Records [from, to] are no longer kept: they will not come.
    std::function<void(std::uint64_t from, std::uint64_t to)> on_truncated;
    // The journal is another one than Start, or the last on_epoch, named (its store was replaced):
    // sequences start over, with its oldest record next. Also told first when Start named none.
    std::function<void(const std::string& epoch)> on_epoch;
    // Everything up to the journal's head, as it was when reading began, has been handed on.
    std::function<void(std::uint64_t head_sequence)> on_caught_up;
    // The journal refused for good, e.g. permission_denied. Unavailability is retried for ever.
    std::function<void(const Error&)> on_failed;
};

// Follows the journal from a sequence on, over both the bus and range fetches. Survives restarts of
// the notifier, and a bus that is silent: it then asks the journal itself. Its events may end it.
class BusReader {
public:
    struct Start {
        std::string epoch;                // Empty: whichever is there.
        std::uint64_t from_sequence = 0;  // 0: after the present head.
    };
    // `journal` answers FetchJournal and FindJournal, and must outlive the reader.
    static std::unique_ptr<BusReader> follow(Loop& loop, const std::string& bus_endpoint,
                                             RequestClient& journal, Start start,
                                             BusReaderEvents events);
    virtual ~BusReader() = default;
};

}  // namespace onput::transport
