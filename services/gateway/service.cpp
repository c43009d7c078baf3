#include "services/gateway/service.hpp"

#include <thread>

#include "common/base/log.hpp"
#include "common/runtime/key_file.hpp"
#include "services/gateway/admin.hpp"

namespace onput::gateway {
namespace {

constexpr Duration stop_grace = std::chrono::seconds(8);

}  // namespace

GatewayService::GatewayService(runtime::Process& process, const Config& config, auth::KeyRing keys,
                               TrustedProxies proxies)
    : keys_(std::move(keys)),
      backend_(process.loop(), {.storage = config.storage_endpoint,
                                .notifier = config.notifier_endpoint,
                                .queue = config.queue_endpoint}),
      shared_{.config = config, .keys = keys_, .backend = backend_, .proxies = std::move(proxies)},
      workers_(process.loop(), config.queue_endpoint),
      access_log_(process.loop(),
                  {.storage_endpoint = config.storage_endpoint,
                   .interval = std::chrono::milliseconds(config.access_log_interval_ms)}),
      handler_(shared_),
      websites_(shared_, Handler::Serves::websites),
      loop_(process.loop()),
      endpoints_{.storage = config.storage_endpoint,
                 .notifier = config.notifier_endpoint,
                 .queue = config.queue_endpoint} {
    shared_.workers = &workers_;
    shared_.access_log = &access_log_;
    shared_.health = [this, &process] {
        return runtime::HealthReport{.waiting_for = waiting_for(),
                                     .metrics = runtime::all_metrics(process.identity(), *this)};
    };
}

GatewayService::~GatewayService() = default;

Result<std::unique_ptr<GatewayService>> GatewayService::open(runtime::Process& process,
                                                             const Config& config) {
    ONPUT_TRY(auto keys, make_key_ring(config));
    ONPUT_TRY(auto proxies, TrustedProxies::make(config.trusted_proxies));
    std::unique_ptr<GatewayService> service(
        new GatewayService(process, config, std::move(keys), std::move(proxies)));
    if (!config.session_key_file.empty()) {
        ONPUT_TRY(const auto text,
                  runtime::load_or_make_key(config.session_key_file, auth::session_key_bytes));
        ONPUT_TRY(service->sessions_, auth::SessionKey::parse(text));
        service->shared_.sessions = &*service->sessions_;
    }
    ONPUT_TRY(service->server_, service->start_server(config.listen, service->handler_));
    if (!config.website_listen.empty()) {
        ONPUT_TRY(service->website_server_,
                  service->start_server(config.website_listen, service->websites_));
    }
    return service;
}

Result<std::unique_ptr<http::Server>> GatewayService::start_server(const std::string& listen,
                                                                   Handler& handler) {
    ONPUT_TRY(const auto address, parse_listen(listen));
    http::Options options;
    options.address = address.address;
    options.port = address.port;
    options.threads = shared_.config.threads;
    options.head_memory = &shared_.head_memory;
    options.stall_timeout = std::chrono::milliseconds(shared_.config.client_stall_timeout_ms);
    options.render_error = [&shared = shared_](const http::ProtocolError& error) {
        auto response = render_protocol_error(error);
        if (is_failure(response.head.status)) ++shared.errors_total;
        return response;
    };
    ONPUT_TRY(auto server, http::Server::start(std::move(options), handler));
    log::info("listening", {{"address", address.address}, {"port", server->port()}});
    return server;
}

void GatewayService::drain(std::function<void()> done) {
    handler_.end_streams();
    // The server's stop waits for handlers, which wait for replies that this loop brings: it has a
    // thread of its own.
    std::thread([this, done = std::move(done)] {
        std::jthread websites([this] {
            if (website_server_) website_server_->stop(stop_grace);
        });
        server_->stop(stop_grace);
        websites.join();
        loop_.post([this, done] { access_log_.flush(done); });
    }).detach();
}

std::vector<std::string> GatewayService::waiting_for() const {
    const auto connected = backend_.connected();
    std::vector<std::string> missing;
    if (!connected.storage) missing.push_back("the storage service at " + endpoints_.storage);
    if (!connected.notifier) missing.push_back("the notifier at " + endpoints_.notifier);
    if (!connected.queue) missing.push_back("the queue service at " + endpoints_.queue);
    return missing;
}

std::vector<schema::Metric> GatewayService::metrics() const {
    auto metrics = request_metrics(shared_);
    metrics.push_back({.name = "onput_s3_access_logs_delivered_total",
                       .value = static_cast<double>(access_log_.delivered())});
    metrics.push_back({.name = "onput_s3_access_log_records_dropped_total",
                       .value = static_cast<double>(access_log_.dropped())});
    return metrics;
}

}  // namespace onput::gateway
