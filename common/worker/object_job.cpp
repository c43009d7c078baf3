#include "common/worker/object_job.hpp"

#include <algorithm>

#include "common/async/callback.hpp"

namespace onput::worker {
namespace {

constexpr std::size_t request_id_digits = 16;
constexpr std::string_view local_address = "127.0.0.1";

}  // namespace

ObjectContext ObjectJob::context() const {
    return {.trace = job_.grant.trace,
            .principal = {.account = job_.account, .id = "function/" + job_.function}};
}

template <typename Request>
void ObjectJob::identify(Request& request) {
    request.request_id = services_.random.hex(request_id_digits);
    request.source_ip = local_address;
    request.source = source_;
}

Result<void> ObjectJob::open_files() {
    ONPUT_TRY(input_, temporary_file(services_.config.work_directory));
    ONPUT_TRY(output_, temporary_file(services_.config.work_directory));
    return {};
}

Task<Result<schema::ObjectInfo>> ObjectJob::download(std::uint64_t bytes_max) {
    ObjectName name{.bucket = event_.bucket, .key = event_.key};
    const Range to{.bytes_max = bytes_max};
    auto downloaded = co_await download(std::move(name), to);
    if (downloaded) derive_from(*downloaded);
    co_return downloaded;
}

void ObjectJob::derive_from(const schema::ObjectInfo& source) {
    source_ = {.bucket = event_.bucket, .key = event_.key, .sequencer = source.sequencer};
}

Task<Result<schema::ObjectInfo>> ObjectJob::download(ObjectName name, Range to) {
    const ObjectClient::DownloadTo file{
        .fd = input_.get(), .bytes_max = to.bytes_max, .offset = to.offset};
    auto ask = [&](auto done) {
        services_.objects.download(name, context(), file, std::move(done));
    };
    co_return co_await answer_of<Result<schema::ObjectInfo>>(ask);
}

Task<Result<schema::ObjectInfo>> ObjectJob::download_part(ObjectName name,
                                                          ObjectClient::PartBytes bytes, Range to) {
    const ObjectClient::DownloadTo file{
        .fd = input_.get(), .bytes_max = to.bytes_max, .offset = to.offset};
    auto ask = [&](auto done) {
        services_.objects.download_part(name, context(), bytes, file, std::move(done));
    };
    co_return co_await answer_of<Result<schema::ObjectInfo>>(ask);
}

Task<Result<schema::ObjectInfo>> ObjectJob::inspect(ObjectName name) {
    auto ask = [&](auto done) { services_.objects.inspect(name, context(), std::move(done)); };
    co_return co_await answer_of<Result<schema::ObjectInfo>>(ask);
}

JobLimits ObjectJob::limits() const {
    const auto time = std::chrono::seconds(std::max(job_.timeout_s, 1U));
    return {.memory_bytes = std::uint64_t{services_.config.memory_mb_max} << 20,
            .processor_time = time,
            .wall_time = time};
}

Task<Result<std::string>> ObjectJob::run_child(std::string parameters, JobLimits limits) {
    const JobSpec spec{.id = JobId(job_.grant.lease),
                       .parameters = std::move(parameters),
                       .input_fd = input_.get(),
                       .output_fd = output_.get(),
                       .limits = limits};
    auto ask = [&](auto done) { services_.children.start(spec, std::move(done)); };
    co_return co_await answer_of<Result<std::string>>(ask);
}

Task<Result<schema::ObjectPut>> ObjectJob::upload(schema::PutObject object, Part part) {
    identify(object);
    const FileDescriptor& file = part.file == File::input ? input_ : output_;
    const ObjectClient::FileRange range{
        .fd = file.get(), .offset = part.offset, .length = part.length};
    auto ask = [&](auto done) {
        services_.objects.upload(std::move(object), context(), range, std::move(done));
    };
    co_return co_await answer_of<Result<schema::ObjectPut>>(ask);
}

Task<Result<schema::ObjectPut>> ObjectJob::upload_bytes(schema::PutObject object,
                                                        std::string bytes) {
    identify(object);
    auto ask = [&](auto done) {
        services_.objects.upload_bytes(std::move(object), context(), std::move(bytes),
                                       std::move(done));
    };
    co_return co_await answer_of<Result<schema::ObjectPut>>(ask);
}

Task<Result<schema::UploadCreated>> ObjectJob::create_upload(schema::PutObject object) {
    identify(object);
    auto ask = [&](auto done) {
        services_.objects.create_upload(std::move(object), context(), std::move(done));
    };
    co_return co_await answer_of<Result<schema::UploadCreated>>(ask);
}

Task<Result<schema::UploadCreated>> ObjectJob::find_upload(schema::FindUpload upload) {
    auto ask = [&](auto done) {
        services_.objects.find_upload(upload, context(), std::move(done));
    };
    co_return co_await answer_of<Result<schema::UploadCreated>>(ask);
}

Task<Result<schema::UploadCompleted>> ObjectJob::complete_upload(schema::CompleteUpload upload) {
    upload.request_id = services_.random.hex(request_id_digits);
    upload.source_ip = local_address;
    auto ask = [&](auto done) {
        services_.objects.complete_upload(upload, context(), std::move(done));
    };
    co_return co_await answer_of<Result<schema::UploadCompleted>>(ask);
}

Task<Result<void>> ObjectJob::abort_upload(schema::AbortUpload upload) {
    auto ask = [&](auto done) {
        services_.objects.abort_upload(upload, context(), std::move(done));
    };
    const auto aborted = co_await answer_of<Result<schema::Empty>>(ask);
    if (aborted || aborted.error().reason == "no_such_upload") co_return Result<void>();
    co_return std::unexpected(aborted.error());
}

Task<Result<schema::ObjectDeleted>> ObjectJob::remove(schema::DeleteObject object) {
    identify(object);
    auto ask = [&](auto done) {
        services_.objects.remove(std::move(object), context(), std::move(done));
    };
    co_return co_await answer_of<Result<schema::ObjectDeleted>>(ask);
}

}  // namespace onput::worker
