#include "services/storage/service.hpp"

#include <fmt/format.h>

#include "common/base/log.hpp"
#include "services/storage/objects/records.hpp"

namespace onput::storage {
namespace {

using std::chrono::milliseconds;

std::string cold_directory(const Config& config) {
    return config.cold_data.empty() ? config.data + "/cold" : config.cold_data;
}

}  // namespace

// --- Start ------------------------------------------------------------------------------------

Result<std::unique_ptr<StorageService>> StorageService::open(service::Platform& platform,
                                                             const Config& config,
                                                             http::MakeClient make_http) {
    // The constructor is private: only an opened service is one.
    std::unique_ptr<StorageService> service(new StorageService(platform, config));
    if (!make_http) make_http = &http::Client::start;
    ONPUT_TRY_VOID(service->start(make_http));
    return service;
}

StorageService::StorageService(service::Platform& platform, const Config& config)
    : StorageHost(platform, {.store = {.directory = config.data,
                                       .cache_bytes = config.cache_bytes,
                                       .write_buffer_bytes = config.write_buffer_bytes},
                             .endpoints = config.endpoints,
                             .notifier_endpoint = config.notifier_endpoint,
                             .metrics = {.fsync = "onput_storage_fsync_seconds",
                                         .replies_held = "onput_storage_replies_held"}}),
      config_(config) {}

StorageService::~StorageService() {
    end_calls();
}

Result<void> StorageService::start(const http::MakeClient& make_http) {
    ServiceKeys keys;
    ONPUT_TRY(keys.masters, MasterKeys::parse(config_.master_keys_secret));
    ONPUT_TRY(keys.kms, MasterKeys::parse(config_.kms_keys_secret));
    keys.encrypts_unasked = config_.encrypts_unasked;
    ONPUT_TRY(auto endpoints,
              Endpoints::parse(config_.replication_endpoints, config_.replication_keys_secret));
    ONPUT_TRY_VOID(open_store());
    ONPUT_TRY_VOID(open_blobs());
    make_core(store(),
              StorageCore::Options{
                  .region = config_.region,
                  .boot = platform().boot(),
                  .inline_bytes_max = config_.inline_bytes_max,
                  .free_bytes_min = config_.free_bytes_min,
                  .part_bytes_min = config_.part_bytes_min,
                  .restore_delays = {.expedited = milliseconds(config_.restore_expedited_ms),
                                     .standard = milliseconds(config_.restore_standard_ms),
                                     .bulk = milliseconds(config_.restore_bulk_ms),
                                     .day = std::chrono::seconds(config_.restore_day_s)},
                  .replication_threshold = milliseconds(config_.replication_threshold_ms),
                  .start_view = &readable(),
                  .keys = std::move(keys),
                  .endpoints = endpoints,
                  .new_secret = [this](std::size_t bytes) { return platform().new_secret(bytes); }},
              new_random());
    uploads_ = std::make_unique<Uploads>(
        Uploads::Parts{.host = *this,
                       .blobs = *blobs_,
                       .inline_bytes_max = config_.inline_bytes_max,
                       .write_idle_max = std::chrono::milliseconds(config_.write_idle_timeout_ms)},
        new_random());
    downloads_ = std::make_unique<Downloads>(Downloads::Parts{.host = *this, .blobs = *blobs_},
                                             new_random());
    mover_ =
        std::make_unique<Mover>(Mover::Parts{.host = *this,
                                             .blobs = *blobs_,
                                             .cold = *cold_,
                                             .bytes_per_second = config_.archive_bytes_per_second});
    lifecycle_ = std::make_unique<LifecycleRunner>(
        *this, background_,
        LifecycleRunner::Options{.rows_per_second = config_.lifecycle_rows_per_second,
                                 .interval = std::chrono::seconds(config_.lifecycle_interval_s)});
    ONPUT_TRY_VOID(recover_blobs(*blobs_, ReferenceReader::Directory::data));
    ONPUT_TRY_VOID(recover_blobs(*cold_, ReferenceReader::Directory::cold));
    ONPUT_TRY_VOID(restore_core());
    ONPUT_TRY_VOID(listen());
    loop().every(housekeeping_period, [this] { keep_house(); });
    scrubber_ = std::make_unique<Scrubber>(
        Scrubber::Parts{.host = *this,
                        .blobs = *blobs_,
                        .cold = *cold_,
                        .rates = {.bytes_per_second = config_.scrub_bytes_per_second,
                                  .objects_per_second = config_.scrub_objects_per_second}});
    scrubber_->start();
    ONPUT_TRY_VOID(start_replicator(make_http, std::move(endpoints)));
    log::info("storage is open", {{"data", config_.data},
                                  {"buckets", core().buckets().all().size()},
                                  {"events_waiting", core().outbox().waiting()}});
    return {};
}

Result<void> StorageService::start_replicator(const http::MakeClient& make_http,
                                              Endpoints endpoints) {
    if (!endpoints.is_empty()) {
        ONPUT_TRY(auto client, make_http(loop(), {.ca_file = config_.replication_ca_file}));
        remote_ = std::make_unique<RemoteSender>(
            RemoteSender::Parts{.host = *this,
                                .blobs = *blobs_,
                                .bytes_per_second = config_.replication_bytes_per_second},
            std::move(endpoints), std::move(client));
    }
    replicator_ = std::make_unique<Replicator>(
        Replicator::Parts{.host = *this,
                          .blobs = *blobs_,
                          .background = background_,
                          .bytes_per_second = config_.replication_bytes_per_second,
                          .versions_per_second = config_.replication_versions_per_second,
                          .inline_bytes_max = config_.inline_bytes_max,
                          .remote = remote_.get()});
    return {};
}

std::vector<store::BackupBlobs> StorageService::backup_blobs() {
    return {{.blobs = blobs_.get(), .directory = config_.data},
            {.blobs = cold_.get(), .directory = cold_directory(config_), .prefix = "cold/"}};
}

Result<void> StorageService::open_blobs() {
    const auto open = [this](std::string directory, store::DirectoryOwner owner) {
        return platform().open_blobs(
            {.directory = std::move(directory),
             .segment_bytes = config_.segment_bytes,
             .threads = config_.blob_threads,
             .owner = std::move(owner)},
            [this](const Error& error) { loop().post([this, error] { platform().fail(error); }); });
    };
    // The data directory has the rows as well.
    ONPUT_TRY(blobs_, open(config_.data, {}));
    ONPUT_TRY(cold_, open(cold_directory(config_), cold_owner()));
    return {};
}

// By when the store was made. One whose record cannot be read fails to open for that reason.
store::DirectoryOwner StorageService::cold_owner() {
    store::DirectoryOwner owner{.setting = "cold_data"};
    const auto row = readable().get(partition, store_key);
    if (!row) return owner;
    owner.is_new = !*row;
    if (owner.is_new) return owner;
    const auto record = schema::decode<StoreRecord>(**row);
    if (!record) return owner;
    owner.name = fmt::format("store {}", to_micros(record->created_at));
    owner.has_references = [this] {
        bool has_any = false;
        ReferenceReader rows(readable(), ReferenceReader::Directory::cold);
        // Of rows that cannot be read nobody knows.
        static_cast<void>(rows.for_each([&has_any](const store::BlobRef&) { has_any = true; }));
        return has_any;
    };
    return owner;
}

Result<void> StorageService::recover_blobs(store::BlobStore& blobs,
                                           ReferenceReader::Directory directory) {
    using Visit = store::BlobReferences::Visit;
    ReferenceReader rows(store(), directory);
    ONPUT_TRY(
        auto found,
        blobs.recover({.is_referred =
                           [&rows](const store::Owner& owner, const store::BlobRef& blob) {
                               return rows.refers(owner, blob);
                           },
                       .for_each = [&rows](const Visit& visit) { return rows.for_each(visit); }}));
    for (const std::string& finding : found.findings) {
        log::warn("recovery found damage", {{"found", finding}});
    }
    recovery_.removed += found.removed;
    recovery_.damaged += found.damaged;
    recovery_.quarantined += found.quarantined;
    recovery_.unproven += found.unproven;
    if (found.damaged + found.quarantined + found.unproven == 0) return {};
    log::error("blobs are damaged: \"onput fsck\" names the objects",
               {{"damaged", found.damaged},
                {"quarantined", found.quarantined},
                {"unproven", found.unproven}});
    return {};
}

// --- Requests ---------------------------------------------------------------------------------

service::Methods StorageService::methods() {
    using Core = StorageCore;
    using Request = transport::Request;
    service::Methods all{
        command(&Core::create_bucket),
        command(&Core::delete_bucket),
        query(&Core::head_bucket),
        query(&Core::list_buckets),
        query(&Core::get_notification),
        handle<schema::PutNotification>(
            [this](Request& r, const Caller& c) { put_notification(r, c); }),
        query(&Core::explain_event),
        command(&Core::put_versioning),
        command(&Core::put_object_lock),
        command(&Core::put_bucket_policy),
        command(&Core::delete_bucket_policy),
        query(&Core::get_bucket_policy),
        query(&Core::get_acl),
        command(&Core::put_acl),
        command(&Core::put_bucket_configuration),
        command(&Core::delete_bucket_configuration),
        query(&Core::get_bucket_configuration),
        query(&Core::find_bucket_configuration),
        query(&Core::list_bucket_configurations),

        handle<schema::PutObject>([this](Request& r, const Caller& c) { uploads_->put(r, c); }),
        handle<schema::OpenWrite>([this](Request& r, const Caller& c) { uploads_->open(r, c); }),
        handle<schema::AppendWrite>(
            [this](Request& r, const Caller& c) { uploads_->append(r, c); }),
        handle<schema::FinishWrite>(
            [this](Request& r, const Caller& c) { uploads_->finish(r, c); }),
        handle<schema::AbortWrite>([this](Request& r, const Caller& c) { uploads_->abort(r, c); }),
        handle<schema::GetObject>([this](Request& r, const Caller& c) { downloads_->get(r, c); }),
        handle<schema::ReadObject>([this](Request& r, const Caller& c) { downloads_->read(r, c); }),
        handle<schema::CloseRead>([this](Request& r, const Caller& c) { downloads_->close(r, c); }),
        command(&Core::delete_object),
        handle<schema::HeadObject>([this](Request& r, const Caller& c) { head_object(r, c); }),
        query(&Core::list_objects),

        command(&Core::put_tags),
        command(&Core::put_retention),
        command(&Core::put_legal_hold),
        handle<schema::DeleteObjects>(
            [this](Request& r, const Caller& c) { delete_objects(r, c); }),
        query(&Core::list_versions),
        command(&Core::restore_object),
        command(&Core::replicate_objects),
        query<schema::FindReplicas>([](const Core& core, const auto& request, const Caller&) {
            return core.replication().find_replicas(request);
        }),
        handle<schema::ListReplicationEndpoints>([this](Request& r, const Caller&) {
            reply(r.reply_to, Result<schema::ReplicationEndpointList>(replicator_->endpoints()));
        }),
        command(&Core::create_upload),
        command(&Core::complete_upload),
        command(&Core::abort_upload),
        query(&Core::list_parts),
        query(&Core::find_begun_upload),
        query(&Core::list_uploads),
        query(&Core::list_object_parts),
    };
    add_identity_methods(all);
    return all;
}

void StorageService::head_object(transport::Request& request, const Caller& caller) {
    const auto message = schema::decode<schema::HeadObject>(request.body);
    if (!message) return reply_now(request.reply_to, std::unexpected(message.error()));
    reply_after(newest_of(message->bucket, message->key), request.reply_to,
                encode(core().head_object(*message, caller)));
}

void StorageService::add_identity_methods(service::Methods& all) {
    for (const service::Method& method : {
             identity_command(&Identities::create),
             identity_query(&Identities::get),
             identity_query(&Identities::list),
             identity_command(&Identities::remove),
             identity_command(&Identities::update_role),
             identity_command(&Identities::update_group),
             identity_command(&Identities::change_membership),
             identity_command(&Identities::set_boundary),
             identity_command(&Identities::put_policy),
             identity_command(&Identities::delete_policy),
             identity_command(&Identities::attach),
             identity_command(&Identities::detach),
             identity_command(&Identities::tag),
             identity_command(&Identities::create_version),
             identity_command(&Identities::delete_version),
             identity_command(&Identities::set_default_version),
             identity_command(&Identities::create_key),
             identity_query(&Identities::list_keys),
             identity_command(&Identities::update_key),
             identity_command(&Identities::delete_key),
             identity_query(&Identities::find_key),
             identity_command(&Identities::resolve),
             identity_query(&Identities::find_principals),
         })
        all.add(method);
}

// Of the commands about identities, those that a full disk stops: all but what takes away.
template <schema::Message M>
constexpr bool takes_room =
    !(std::same_as<M, schema::DeleteEntity> || std::same_as<M, schema::DeleteEntityPolicy> ||
      std::same_as<M, schema::DetachPolicy> || std::same_as<M, schema::DeletePolicyVersion> ||
      std::same_as<M, schema::UpdateAccessKey> || std::same_as<M, schema::DeleteAccessKey> ||
      std::same_as<M, schema::ResolveIdentity>);

template <schema::Message M, typename R>
service::Method StorageService::identity_command(Result<R> (Identities::*run)(const M&,
                                                                              const Caller&,
                                                                              Effects&)) {
    return command<M>(
        [run](StorageCore& core, const M& message, const Caller& caller, Effects& effects) {
            if constexpr (takes_room<M>) {
                if (auto room = core.room().check(); !room)
                    return Result<R>(std::unexpected(room.error()));
            }
            return (core.identities().*run)(message, caller, effects);
        });
}

template <schema::Message M, typename R>
service::Method StorageService::identity_query(Result<R> (Identities::*run)(const M&, const Caller&)
                                                   const) {
    return query<M>([run](const StorageCore& core, const M& message, const Caller& caller) {
        return (core.identities().*run)(message, caller);
    });
}

// One commit an entry, one sync for all.
void StorageService::delete_objects(transport::Request& request, const Caller& caller) {
    const auto message = schema::decode<schema::DeleteObjects>(request.body);
    const auto allowed =
        message ? core().check_delete_objects(*message, caller) : std::unexpected(message.error());
    if (!allowed) return reply(request.reply_to, std::unexpected(allowed.error()));
    schema::ObjectsDeleted answer;
    for (const auto& entry : message->entries) {
        auto deleted = execute([&](StorageCore& core, Effects& effects) {
            return core.delete_entry(*message, entry, caller, effects);
        });
        auto& shown = answer.entries.emplace_back();
        if (deleted) {
            shown.deleted = *std::move(deleted);
        } else {
            Error error = std::move(deleted).error();
            shown.error_reason = error.reason.empty() ? "internal" : std::move(error.reason);
            shown.error_message = std::move(error.message);
        }
    }
    reply(request.reply_to, answer);
}

void StorageService::put_notification(transport::Request& request, const Caller& caller) {
    const auto message = schema::decode<schema::PutNotification>(request.body);
    auto checked = message ? mutable_core().check_notification(*message, caller)
                           : std::unexpected(message.error());
    if (!checked) return reply(request.reply_to, std::unexpected(std::move(checked).error()));
    if (!checked->ask) {
        return store_notification(request.reply_to, message->bucket, *checked, {}, caller);
    }
    transport::CallOptions options;
    options.timeout = check_destinations_timeout;
    options.trace = caller.trace;
    options.principal = caller.principal;
    const auto ask = *checked->ask;
    transport::call(
        notifier(), ask, std::move(options),
        [this, to = request.reply_to, bucket = message->bucket, checked = *std::move(checked),
         caller](const Result<schema::DestinationsChecked>& answer,
                 const std::vector<transport::Frame>&) {
            if (answer) return store_notification(to, bucket, checked, *answer, caller);
            // Whether it timed out or broke: nothing was stored, and trying again helps.
            Error error = answer.error();
            if (error.code == ErrorCode::timeout) error.code = ErrorCode::unavailable;
            reply(to, std::unexpected(std::move(error).with_context("ask the destinations")));
        });
}

void StorageService::store_notification(const transport::ReplyTo& to, const std::string& bucket,
                                        const StorageCore::CheckedNotification& checked,
                                        const schema::DestinationsChecked& answer,
                                        const Caller& caller) {
    Caller late = caller;
    late.now = now();
    reply(to, execute([&](StorageCore& core, Effects& effects) {
              return core.put_notification(bucket, checked, answer, late, effects);
          }));
}

// --- Turns and time ---------------------------------------------------------------------------

void StorageService::hand_on(Effects effects) {
    for (const auto& blob : effects.unused_blobs) blobs_->remove(blob);
    for (const auto& blob : effects.unused_cold_blobs) cold_->remove(blob);
}

void StorageService::on_turn_end() {
    if (replicator_) replicator_->on_turn_end();
}

void StorageService::keep_house() {
    uploads_->expire();
    downloads_->expire();
    mover_->start();
    lifecycle_->start();
    replicator_->start();
}

bool StorageService::is_idle() const {
    return uploads_->is_idle() && downloads_->is_idle() && mover_->is_idle() &&
           replicator_->is_idle();
}

void StorageService::add_metrics(std::vector<schema::Metric>& metrics) const {
    metrics.push_back({.name = "onput_storage_write_sessions",
                       .value = static_cast<double>(uploads_->sessions())});
    metrics.push_back({.name = "onput_storage_read_sessions",
                       .value = static_cast<double>(downloads_->sessions())});
    const auto add = [&metrics](std::string name, std::uint64_t value) {
        metrics.push_back({.name = std::move(name), .value = static_cast<double>(value)});
    };
    add("onput_storage_recovery_blobs{result=\"removed\"}", recovery_.removed);
    add("onput_storage_recovery_blobs{result=\"damaged\"}", recovery_.damaged);
    add("onput_storage_recovery_blobs{result=\"quarantined\"}", recovery_.quarantined);
    add("onput_storage_recovery_blobs{result=\"unproven\"}", recovery_.unproven);
    add("onput_storage_damaged_reads_total", downloads_->damaged());
    add("onput_storage_moves_failed_total", mover_->failures());
    add("onput_storage_lifecycle_passes_total", lifecycle_->passes());
    scrubber_->add_metrics(metrics);
    replicator_->add_metrics(metrics);
}

}  // namespace onput::storage
