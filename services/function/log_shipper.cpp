#include "services/function/log_shipper.hpp"

#include <utility>

#include "common/base/log.hpp"

namespace onput::function {
namespace {

constexpr Duration put_timeout = std::chrono::seconds(10);

// Sending it again would end alike.
bool is_final(const Error& error) {
    return error.code == ErrorCode::invalid_argument || error.code == ErrorCode::not_found;
}

}  // namespace

LogShipper::LogShipper(transport::Loop& loop, const std::string& queue_endpoint)
    : loop_(loop), timer_(loop.every(log_period, [this] { send(); })) {
    if (!queue_endpoint.empty()) queue_ = transport::RequestClient::connect(loop, queue_endpoint);
}

LogShipper::~LogShipper() {
    loop_.cancel(timer_);
    // Open calls are answered here.
    when_sent_ = {};
    queue_.reset();
}

void LogShipper::write(const LogTarget& target, std::string_view bytes) {
    if (queue_ != nullptr) buffer_.write(target, bytes, loop_.now());
}

void LogShipper::end_line(const LogTarget& target) {
    if (queue_ != nullptr) buffer_.end_line(target, loop_.now());
}

void LogShipper::when_sent(std::function<void()> done) {
    if (buffer_.is_empty()) return done();
    when_sent_ = std::move(done);
    send();
}

void LogShipper::send() {
    if (queue_ == nullptr) return;
    auto batch = buffer_.take();
    if (!batch) return;
    transport::CallOptions options{
        .timeout = put_timeout,
        .trace = {},
        .principal = {.account = std::move(batch->account), .id = "function", .user = {}},
        .attachments = {}};
    transport::call(
        *queue_, batch->put, std::move(options),
        [this](const Result<schema::LogEventsPut>& answer, const auto&) { on_answer(answer); });
}

void LogShipper::on_answer(const Result<schema::LogEventsPut>& answer) {
    if (!answer && !is_final(answer.error())) {
        buffer_.back();
        if (!std::exchange(is_failing_, true))
            log::warn("log lines wait", {{"error", answer.error().message}});
        return;
    }
    is_failing_ = false;
    if (!answer) log::warn("log lines were refused", {{"error", answer.error().message}});
    buffer_.done();
    if (!buffer_.is_empty()) return send();
    if (const auto done = std::exchange(when_sent_, {})) done();
}

std::vector<schema::Metric> LogShipper::metrics() const {
    return {
        {"onput_function_log_waiting_bytes", static_cast<double>(buffer_.bytes())},
        {"onput_function_log_dropped_bytes_total", static_cast<double>(buffer_.dropped_bytes())}};
}

}  // namespace onput::function
