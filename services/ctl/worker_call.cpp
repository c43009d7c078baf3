#include "services/ctl/worker_call.hpp"

#include <fmt/format.h>

#include "common/base/random.hpp"
#include "common/schema/call.hpp"

namespace onput::ctl {
namespace {

template <schema::Message M>
Result<schema::CallPiece> ask_piece(Peers& peers, transport::RequestClient& worker,
                                    const M& message, Duration timeout,
                                    const std::function<Result<void>(std::string_view)>& sink) {
    std::vector<transport::Frame> frames;
    ONPUT_TRY(auto piece, peers.ask(worker, message, frames, timeout));
    for (const auto& frame : frames) ONPUT_TRY_VOID(sink(frame.view()));
    return piece;
}

// A worker that was killed is in the list for a moment longer. A call would wait for it.
bool connects(Peers& peers, const transport::RequestClient& worker) {
    constexpr Duration patience = std::chrono::seconds(1);
    constexpr Duration period = std::chrono::milliseconds(5);
    const Duration end = peers.loop().monotonic() + patience;
    while (!worker.is_connected() && peers.loop().monotonic() < end) {
        peers.loop().after(period, [&peers] { peers.loop().stop(); });
        peers.loop().run();
    }
    return worker.is_connected();
}

}  // namespace

Result<std::string> call_worker(Peers& peers, const std::string& kind, std::string task,
                                const std::function<Result<void>(std::string_view)>& sink,
                                Duration piece_timeout) {
    ONPUT_TRY(const auto found, peers.ask(peers.queue(), schema::FindWorkers{.worker = kind}));
    Random random = Random::from_system();
    Error error{.code = ErrorCode::unavailable,
                .message = fmt::format("no {} worker is running: start onput-{}", kind, kind),
                .reason = "no_worker"};
    for (const auto& place : found.workers) {
        const auto worker = transport::RequestClient::connect(peers.loop(), place.endpoint);
        if (!connects(peers, *worker)) continue;
        const schema::StartCall start{.call_id = random.hex(schema::call_id_bytes), .task = task};
        auto piece = ask_piece(peers, *worker, start, piece_timeout, sink);
        // Another worker may have a place.
        if (!piece && piece.error().reason == "busy") {
            error = std::move(piece).error();
            continue;
        }
        while (piece && !piece->is_last)
            piece = ask_piece(peers, *worker, schema::ReadCall{.call_id = start.call_id},
                              piece_timeout, sink);
        if (piece) return std::move(piece->result);
        // It may go on: for want of room for what it makes, for instance.
        static_cast<void>(peers.ask(*worker, schema::CloseCall{.call_id = start.call_id}));
        return std::unexpected(std::move(piece).error());
    }
    return std::unexpected(std::move(error));
}

}  // namespace onput::ctl
