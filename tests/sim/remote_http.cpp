#include "tests/sim/remote_http.hpp"

namespace onput::sim {
namespace {

constexpr Duration patience = seconds(30);
constexpr Duration late_max = seconds(90);

Error broken_connection(const char* what) {
    return {.code = ErrorCode::unavailable, .message = what, .reason = {}, .details = {}};
}

}  // namespace

void RemoteHttp::send(http::Request request, Done done) {
    const auto sending =
        std::make_shared<Sending>(Sending{.request = std::move(request), .done = std::move(done)});
    parts_.loop.post([this, sending] { gather(sending); });
}

// The body, piece by piece.
void RemoteHttp::gather(const SendingPtr& sending) {
    auto& request = sending->request;
    if (!request.next || request.body.size() == request.stream_bytes) return travel(sending);
    request.next([this, sending](Result<std::string> piece) {
        if (!piece) {
            parts_.loop.post(
                [sending, error = piece.error()] { sending->done(std::unexpected(error)); });
            return;
        }
        sending->request.body += *piece;
        parts_.loop.post([this, sending] { gather(sending); });
    });
}

// The writes of whole objects, which come with a condition: S3 has none for what is beside bytes.
bool RemoteHttp::may_be_late(const http::Request& request) {
    const auto question = request.url.find('?');
    if (question == std::string::npos) return request.method == "PUT";
    return request.method == "POST" && request.url.find("uploadId=") > question;
}

std::function<void(Duration, Result<http::Answer>)> RemoteHttp::end_of(const SendingPtr& sending) {
    return [&from = parts_.from, life = parts_.from.life(), sending,
            is_open = std::make_shared<bool>(true)](Duration delay, Result<http::Answer> answer) {
        from.world().after(delay, [&from, life, sending, is_open, answer = std::move(answer)] {
            if (!from.is_up() || from.life() != life || !std::exchange(*is_open, false)) return;
            from.post([sending, answer] { sending->done(answer); });
        });
    };
}

void RemoteHttp::travel(const SendingPtr& sending) {
    World& world = parts_.from.world();
    const RemoteFaults& faults = parts_.faults;
    const auto end = end_of(sending);
    if (parts_.bucket.is_away())
        return end(world.between(milliseconds(1), seconds(10)),
                   std::unexpected(broken_connection("nobody listens")));
    end(patience, std::unexpected(broken_connection("no answer in time")));
    if (world.chance(faults.lost_permille)) return;
    const bool is_late = may_be_late(sending->request) && world.chance(faults.late_permille);
    const Duration way =
        world.between(Duration(100), is_late ? Duration(late_max) : Duration(milliseconds(50)));
    // The bytes are the request's: its sender may be gone by then.
    world.after(way, [&bucket = parts_.bucket, &faults, &world, end, request = sending->request] {
        if (bucket.is_away()) return;
        auto answer = bucket.answer(request);
        if (world.chance(faults.silent_permille)) return;
        const bool is_slow = world.chance(faults.slow_permille);
        end(world.between(Duration(100),
                          is_slow ? Duration(seconds(40)) : Duration(milliseconds(50))),
            std::move(answer));
    });
}

}  // namespace onput::sim
