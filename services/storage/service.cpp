#include "services/storage/service.hpp"

#include <array>
#include <filesystem>

#include "common/base/log.hpp"
#include "common/runtime/health.hpp"
#include "common/store/rocks_store.hpp"

namespace onput::storage {
namespace {

Caller caller_of(transport::Request& request, Timestamp now) {
    return {.principal = std::move(request.header.principal),
            .trace = std::move(request.header.trace),
            .now = now};
}

template <schema::Message M>
Result<Answer> to_answer(const Result<M>& reply) {
    if (!reply) return std::unexpected(reply.error());
    return Answer{.body = schema::encode(*reply), .bytes = {}};
}

}  // namespace

Result<std::unique_ptr<runtime::Service>> StorageService::open(runtime::Process& process,
                                                               const Config& config) {
    std::unique_ptr<StorageService> service(new StorageService(process, config));
    ONPUT_TRY_VOID(service->open_stores(config));
    ONPUT_TRY_VOID(service->restore());
    ONPUT_TRY_VOID(service->listen(config));
    return std::unique_ptr<runtime::Service>(std::move(service));
}

StorageService::StorageService(runtime::Process& process, const Config& config)
    : process_(process), config_(config) {}

StorageService::~StorageService() = default;

Result<void> StorageService::open_stores(const Config& config) {
    const auto fail_later = [this](const Error& error) {
        process_.loop().post([this, error] { process_.fail(error); });
    };
    ONPUT_TRY(store_, store::open_rocks_store({.directory = config.data,
                                               .cache_bytes = config.cache_bytes,
                                               .write_buffer_bytes = config.write_buffer_bytes},
                                              {.on_durable =
                                                   [this](store::Ticket durable) {
                                                       process_.loop().post([this, durable] {
                                                           ledger_->on_durable(durable);
                                                       });
                                                   },
                                               .on_failed = fail_later}));
    ONPUT_TRY(blobs_, store::open_file_blobs({.directory = config.data,
                                              .segment_bytes = config.segment_bytes,
                                              .threads = config.blob_threads},
                                             fail_later));
    return {};
}

Result<void> StorageService::restore() {
    const auto new_random = [this] { return Random(process_.random().next()); };
    const auto fail_now = [this](const Error& error) { process_.fail(error); };
    core_ = std::make_unique<StorageCore>(
        *store_,
        StorageCore::Options{.region = config_.region,
                             .inline_bytes_max = config_.inline_bytes_max,
                             .free_bytes_min = config_.free_bytes_min},
        new_random());
    ledger_ = std::make_unique<Ledger>(Ledger::Parts{
        .core = *core_, .store = *store_, .blobs = *blobs_, .pins = pins_, .fail = fail_now});
    notifier_ = transport::RequestClient::connect(process_.loop(), config_.notifier_endpoint);
    uploads_ =
        std::make_unique<Uploads>(Uploads::Parts{.loop = process_.loop(),
                                                 .core = *core_,
                                                 .blobs = *blobs_,
                                                 .ledger = *ledger_,
                                                 .inline_bytes_max = config_.inline_bytes_max},
                                  new_random());
    downloads_ = std::make_unique<Downloads>(Downloads::Parts{.loop = process_.loop(),
                                                              .core = *core_,
                                                              .blobs = *blobs_,
                                                              .ledger = *ledger_,
                                                              .pins = pins_},
                                             new_random());
    ledger_->when_events_are_durable([this] { relay_->pump(); });

    ONPUT_TRY_VOID(blobs_->recover([this](const store::Owner& owner, const store::BlobRef& blob) {
        return core_->refers(owner, blob);
    }));
    look_at_disk();
    Effects effects;
    ONPUT_TRY_VOID(core_->restore(process_.loop().now(), effects));
    relay_ = std::make_unique<outbox::Relay>(outbox::Relay::Parts{.loop = process_.loop(),
                                                                  .outbox = core_->outbox(),
                                                                  .view = *store_,
                                                                  .notifier = *notifier_,
                                                                  .source = core_->source(),
                                                                  .service = "storage",
                                                                  .fail = fail_now});
    return ledger_->commit(effects);
}

Result<void> StorageService::listen(const Config& config) {
    transport::Loop& loop = process_.loop();
    ONPUT_TRY(server_, transport::RequestServer::bind(
                           loop, config.endpoints,
                           [this](transport::Request request) { handle(std::move(request)); }));
    ledger_->answer_through(*server_);
    loop.at_turn_end([this] { end_turn(); });
    loop.every(housekeeping_period, [this] { keep_house(); });
    loop.post([this] { relay_->pump(); });
    log::info("storage is open", {{"data", config.data},
                                  {"buckets", core_->buckets().all().size()},
                                  {"events_waiting", core_->outbox().waiting()}});
    return {};
}

template <schema::Message M>
void StorageService::command(transport::Request& request, const Caller& caller,
                             Result<typename M::Reply> (StorageCore::*run)(const M&, const Caller&,
                                                                           Effects&)) {
    const auto run_now = [&]() -> Result<Answer> {
        ONPUT_TRY(const auto message, schema::decode<M>(request.body));
        Effects effects;
        const auto reply = ((*core_).*run)(message, caller, effects);
        ONPUT_TRY_VOID(ledger_->commit(effects));
        return to_answer(reply);
    };
    ledger_->answer(request.reply_to, run_now());
}

template <schema::Message M>
void StorageService::query(transport::Request& request, const Caller& caller,
                           Result<typename M::Reply> (StorageCore::*run)(const M&, const Caller&)
                               const) {
    const auto run_now = [&]() -> Result<Answer> {
        ONPUT_TRY(const auto message, schema::decode<M>(request.body));
        return to_answer(((*core_).*run)(message, caller));
    };
    ledger_->answer(request.reply_to, run_now());
}

StorageService::Handler StorageService::find_handler(std::string_view method) {
    using Service = StorageService;
    using Request = transport::Request;
    using Core = StorageCore;
    // The frequent ones first.
    static constexpr std::array<Method, 17> methods{{
        {schema::GetObject::method,
         [](Service& s, Request& r, const Caller& c) { s.downloads_->get(r, c); }},
        {schema::PutObject::method,
         [](Service& s, Request& r, const Caller& c) { s.uploads_->put(r, c); }},
        {schema::AppendWrite::method,
         [](Service& s, Request& r, const Caller& c) { s.uploads_->append(r, c); }},
        {schema::ReadObject::method,
         [](Service& s, Request& r, const Caller& c) { s.downloads_->read(r, c); }},
        {schema::HeadObject::method,
         [](Service& s, Request& r, const Caller& c) { s.query(r, c, &Core::head_object); }},
        {schema::DeleteObject::method,
         [](Service& s, Request& r, const Caller& c) { s.command(r, c, &Core::delete_object); }},
        {schema::ListObjects::method,
         [](Service& s, Request& r, const Caller& c) { s.query(r, c, &Core::list_objects); }},
        {schema::OpenWrite::method,
         [](Service& s, Request& r, const Caller& c) { s.uploads_->open(r, c); }},
        {schema::FinishWrite::method,
         [](Service& s, Request& r, const Caller& c) { s.uploads_->finish(r, c); }},
        {schema::AbortWrite::method,
         [](Service& s, Request& r, const Caller& c) { s.uploads_->abort(r, c); }},
        {schema::CloseRead::method,
         [](Service& s, Request& r, const Caller& c) { s.downloads_->close(r, c); }},
        {schema::CreateBucket::method,
         [](Service& s, Request& r, const Caller& c) { s.command(r, c, &Core::create_bucket); }},
        {schema::DeleteBucket::method,
         [](Service& s, Request& r, const Caller& c) { s.command(r, c, &Core::delete_bucket); }},
        {schema::HeadBucket::method,
         [](Service& s, Request& r, const Caller& c) { s.query(r, c, &Core::head_bucket); }},
        {schema::ListBuckets::method,
         [](Service& s, Request& r, const Caller& c) { s.query(r, c, &Core::list_buckets); }},
        {schema::GetNotification::method,
         [](Service& s, Request& r, const Caller& c) { s.query(r, c, &Core::get_notification); }},
        {schema::ExplainEvent::method,
         [](Service& s, Request& r, const Caller& c) { s.query(r, c, &Core::explain_event); }},
    }};
    for (const auto& known : methods) {
        if (known.name == method) return known.handler;
    }
    if (method == schema::PutNotification::method) {
        return [](Service& s, Request& r, const Caller& c) { s.put_notification(r, c); };
    }
    return nullptr;
}

void StorageService::handle(transport::Request request) {
    if (runtime::answer_status(request, *server_, process_, *this)) return;
    const Handler handler = find_handler(request.header.method);
    if (handler == nullptr) {
        ledger_->answer_now(
            request.reply_to,
            fail(ErrorCode::unimplemented, "storage has no method " + request.header.method));
        return;
    }
    if (drained_) {
        ledger_->answer_now(request.reply_to,
                            fail(ErrorCode::unavailable, "storage is shutting down"));
        return;
    }
    const Caller caller = caller_of(request, process_.loop().now());
    handler(*this, request, caller);
}

void StorageService::put_notification(transport::Request& request, const Caller& caller) {
    const auto message = schema::decode<schema::PutNotification>(request.body);
    auto checked =
        message ? core_->check_notification(*message, caller) : std::unexpected(message.error());
    if (!checked) {
        ledger_->answer(request.reply_to, std::unexpected(std::move(checked).error()));
        return;
    }
    if (!checked->ask) {
        store_notification(request.reply_to, message->bucket, *checked, {}, caller);
        return;
    }
    transport::CallOptions options;
    options.timeout = check_destinations_timeout;
    options.trace = caller.trace;
    options.principal = caller.principal;
    const auto ask = *checked->ask;
    transport::call(
        *notifier_, ask, std::move(options),
        [this, to = request.reply_to, bucket = message->bucket, checked = *std::move(checked),
         caller](const Result<schema::DestinationsChecked>& answer,
                 const std::vector<transport::Frame>&) {
            if (!answer) {
                // Whether it timed out or broke: nothing was stored, and trying again helps.
                Error error = answer.error();
                if (error.code == ErrorCode::timeout) error.code = ErrorCode::unavailable;
                ledger_->answer(
                    to, std::unexpected(std::move(error).with_context("ask the destinations")));
                return;
            }
            store_notification(to, bucket, checked, *answer, caller);
        });
}

void StorageService::store_notification(const transport::ReplyTo& to, const std::string& bucket,
                                        const StorageCore::CheckedNotification& checked,
                                        const schema::DestinationsChecked& answer,
                                        const Caller& caller) {
    const auto store_now = [&]() -> Result<Answer> {
        Caller late = caller;
        late.now = process_.loop().now();
        Effects effects;
        const auto reply = core_->put_notification(bucket, checked, answer, late, effects);
        ONPUT_TRY_VOID(ledger_->commit(effects));
        return to_answer(reply);
    };
    ledger_->answer(to, store_now());
}

void StorageService::look_at_disk() {
    std::error_code error;
    const auto space = std::filesystem::space(config_.data, error);
    // A disk that does not answer has its own way of saying so: the next write fails.
    if (!error) core_->on_free_bytes(space.available);
}

void StorageService::keep_house() {
    look_at_disk();
    const Timestamp now = process_.loop().now();
    uploads_->expire(now);
    downloads_->expire(now);
    ledger_->tidy();
}

void StorageService::end_turn() {
    ledger_->at_turn_end();
    const bool is_idle = ledger_->is_idle() && uploads_->is_idle() && downloads_->is_idle();
    if (drained_ && is_idle) std::exchange(drained_, [] {})();
}

void StorageService::drain(std::function<void()> done) {
    drained_ = std::move(done);
    process_.loop().post([] {});  // A turn ends, in any case.
}

std::vector<std::string> StorageService::waiting_for() const {
    if (notifier_->is_connected()) return {};
    return {"the notifier at " + config_.notifier_endpoint};
}

std::vector<schema::Metric> StorageService::metrics() const {
    const outbox::Outbox& outbox = core_->outbox();
    std::vector<schema::Metric> all{
        {.name = "onput_storage_buckets",
         .value = static_cast<double>(core_->buckets().all().size())},
        {.name = "onput_storage_outbox_events", .value = static_cast<double>(outbox.waiting())},
        {.name = "onput_storage_relay_failures", .value = static_cast<double>(outbox.failures())},
        {.name = "onput_storage_trash_blobs", .value = static_cast<double>(core_->trash())},
        {.name = "onput_storage_write_sessions",
         .value = static_cast<double>(uploads_->sessions())},
        {.name = "onput_storage_read_sessions",
         .value = static_cast<double>(downloads_->sessions())}};
    for (const auto& [type, count] : ledger_->emitted()) {
        all.push_back({.name = "onput_events_emitted_total{type=\"" + type + "\"}",
                       .value = static_cast<double>(count)});
    }
    runtime::add_histogram({.family = "onput_storage_fsync_seconds"}, store_->sync_times(), all);
    return all;
}

}  // namespace onput::storage
