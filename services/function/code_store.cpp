#include "services/function/code_store.hpp"

#include <algorithm>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "common/archive/zip.hpp"
#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"
#include "common/base/errno_text.hpp"
#include "common/base/log.hpp"
#include "services/function/limits.hpp"

namespace onput::function {
namespace {

constexpr std::string_view folder_prefix = "onput-function-";
constexpr std::size_t code_fetches_max = 64;

std::unexpected<Error> unavailable(std::string_view doing, const std::string& path) {
    return fail(ErrorCode::unavailable, fmt::format("{} {}: {}", doing, path, errno_text()));
}

Result<worker::FileDescriptor> lock_folder(const std::string& path) {
    worker::FileDescriptor lock(
        ::open((path + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!lock.is_open()) return unavailable("make", path + "/lock");
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) return unavailable("lock", path);
    return lock;
}

// One whose lock can be had belongs to nobody. Those of other users stay.
void remove_abandoned(const std::string& directory) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
        const std::string path = entry.path().string();
        if (!entry.path().filename().string().starts_with(folder_prefix)) continue;
        struct stat status{};
        const bool is_ours = ::lstat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode) &&
                             status.st_uid == ::geteuid();
        if (!is_ours) continue;
        if (const auto lock = lock_folder(path)) std::filesystem::remove_all(entry.path(), error);
    }
}

Result<std::string> read_file(const worker::FileDescriptor& file, std::uint64_t bytes) {
    std::string content(bytes, '\0');
    std::size_t at = 0;
    while (at < content.size()) {
        const ssize_t count =
            ::pread(file.get(), content.data() + at, content.size() - at, static_cast<off_t>(at));
        if (count <= 0) return fail(ErrorCode::unavailable, "read the code that was downloaded");
        at += static_cast<std::size_t>(count);
    }
    return content;
}

// The files below `from` in `to` as well; what has the name of one of them goes.
std::error_code add_files(const std::filesystem::path& from, const std::filesystem::path& to) {
    namespace fs = std::filesystem;
    std::error_code error;
    for (fs::recursive_directory_iterator entry(from, error), end; !error && entry != end;
         entry.increment(error)) {
        const fs::path target = to / entry->path().lexically_relative(from);
        std::error_code ignored;
        const bool was_folder = fs::is_directory(fs::symlink_status(target, ignored));
        if (entry->is_directory() && was_folder) continue;
        fs::remove_all(target, error);
        if (error) return error;
        if (entry->is_directory()) {
            fs::create_directory(target, error);
        } else {
            fs::create_hard_link(entry->path(), target, error);
        }
        if (error) return error;
    }
    return error;
}

// arn:aws:lambda:<region>:<account>:layer:...
std::string account_of(std::string_view layer_arn, const std::string& otherwise) {
    for (int colons = 0; colons < 4; ++colons) {
        const auto colon = layer_arn.find(':');
        if (colon == std::string_view::npos) return otherwise;
        layer_arn.remove_prefix(colon + 1);
    }
    return std::string(layer_arn.substr(0, layer_arn.find(':')));
}

}  // namespace

Result<WorkFolder> WorkFolder::make(const std::string& directory, Random& random) {
    remove_abandoned(directory);
    std::string path =
        fmt::format("{}/{}{}-{}", directory, folder_prefix, ::getpid(), random.hex(8));
    if (::mkdir(path.c_str(), 0700) != 0) return unavailable("make the folder", path);
    ONPUT_TRY(auto lock, lock_folder(path));
    return WorkFolder(std::move(path), std::move(lock));
}

WorkFolder::~WorkFolder() {
    std::error_code ignored;
    if (lock_.is_open()) std::filesystem::remove_all(path_, ignored);
}

// One download, from its start to the unpacked folder.
struct CodeStore::Fetch {
    std::string name;
    schema::FunctionCode code;
    worker::FileDescriptor file;
    std::uint64_t bytes = 0;
    std::string folder;
    Result<std::shared_ptr<const Code>> result =
        fail(ErrorCode::unavailable, "the code was not unpacked");

    // On the pool.
    void unpack() {
        result = check_and_unpack();
        file.reset();
    }

    Result<std::shared_ptr<const Code>> check_and_unpack() {
        ONPUT_TRY(const std::string zip, read_file(file, bytes));
        if (to_hex(Digest::of(DigestAlgorithm::sha256, zip)) != name) {
            return fail(ErrorCode::invalid_argument,
                        fmt::format("s3://{}/{} is not the code that was deployed: deploy the "
                                    "function again",
                                    code.bucket, code.key),
                        "code_changed");
        }
        if (::mkdir(folder.c_str(), 0755) != 0) return unavailable("make the folder", folder);
        const auto unzipped = archive::unzip(
            zip, folder, {.bytes_max = unzipped_bytes_max, .files_max = unzipped_files_max});
        if (unzipped) {
            return std::make_shared<const Code>(Code{.folder = folder, .bytes = unzipped->bytes});
        }
        std::error_code ignored;
        std::filesystem::remove_all(folder, ignored);
        return std::unexpected(unzipped.error());
    }
};

// Several layers, fetched one after the other, on their way to one folder.
struct CodeStore::Merge {
    std::vector<Source> sources;  // Those that are not fetched yet, the next one last.
    std::vector<std::shared_ptr<const Code>> layers{};
    std::string name;
    std::string folder;
    Result<std::shared_ptr<const Code>> result =
        fail(ErrorCode::unavailable, "the layers were not merged");

    // On the pool.
    void run() {
        std::uint64_t bytes = 0;
        for (const auto& layer : layers) bytes += layer->bytes;
        const auto merged = merge_all();
        if (merged) {
            result = std::make_shared<const Code>(Code{.folder = folder, .bytes = bytes});
        } else {
            result = std::unexpected(merged.error());
        }
    }

    Result<void> merge_all() {
        std::error_code error;
        std::filesystem::create_directory(folder, error);
        for (const auto& layer : layers) {
            if (!error) error = add_files(layer->folder, folder);
        }
        if (!error) return {};
        std::error_code ignored;
        std::filesystem::remove_all(folder, ignored);
        return fail(ErrorCode::unavailable,
                    fmt::format("merge layers in {}: {}", folder, error.message()));
    }
};

CodeStore::CodeStore(runtime::Process& process, worker::ObjectClient& storage,
                     const WorkFolder& folder)
    : process_(process),
      storage_(storage),
      folder_(folder.path()),
      pool_(process.loop(), {.threads = 1, .jobs_max = code_fetches_max}) {}

void CodeStore::get(const schema::FunctionInfo& function, Got got) {
    get({.code = function.handler.code,
         .account = function.account,
         .principal = "function/" + function.name},
        std::move(got));
}

void CodeStore::get(Source source, Got got) {
    const auto digest = from_base64(source.code.sha256);
    if (!digest) {
        return got(fail(ErrorCode::invalid_argument,
                        "the digest of the function's code is no base64: deploy it again"));
    }
    const std::string name = to_hex(*digest);
    Entry& entry = entries_[name];
    entry.used = ++uses_;
    if (entry.code) return got(entry.code);
    entry.waiting.push_back(std::move(got));
    if (entry.waiting.size() == 1) fetch(std::move(source), name);
}

// Whoever gave a function a layer had the right to it, so the zip is read as the layer's account.
void CodeStore::get_layers(const schema::FunctionInfo& function, Got got) {
    auto merge = std::make_shared<Merge>();
    std::string digests;
    for (const schema::FunctionLayer& layer : function.handler.layers) {
        merge->sources.push_back({.code = layer.code,
                                  .account = account_of(layer.arn, function.account),
                                  .principal = "layer/" + function.name});
        digests += layer.code.sha256 + "\n";
    }
    if (merge->sources.empty()) return got(nullptr);
    if (merge->sources.size() == 1) return get(std::move(merge->sources.front()), std::move(got));
    std::ranges::reverse(merge->sources);
    merge->name = to_hex(Digest::of(DigestAlgorithm::sha256, digests));
    merge->folder = fmt::format("{}/{}", folder_, merge->name);
    Entry& entry = entries_[merge->name];
    entry.used = ++uses_;
    if (entry.code) return got(entry.code);
    entry.waiting.push_back(std::move(got));
    if (entry.waiting.size() == 1) get_next_layer(std::move(merge));
}

void CodeStore::get_next_layer(std::shared_ptr<Merge> merge) {
    if (merge->sources.empty()) return this->merge(std::move(merge));
    Source source = std::move(merge->sources.back());
    merge->sources.pop_back();
    get(std::move(source), [this, merge](Result<std::shared_ptr<const Code>> layer) {
        if (!layer) return finish(merge->name, std::unexpected(std::move(layer).error()));
        merge->layers.push_back(*std::move(layer));
        get_next_layer(merge);
    });
}

void CodeStore::merge(std::shared_ptr<Merge> merge) {
    make_room();
    const auto started =
        pool_.run([merge] { merge->run(); },
                  [this, merge] { finish(merge->name, std::move(merge->result)); });
    if (!started) finish(merge->name, std::unexpected(started.error()));
}

void CodeStore::fetch(Source source, const std::string& name) {
    make_room();
    auto fetch = std::make_shared<Fetch>();
    fetch->name = name;
    fetch->code = source.code;
    fetch->folder = fmt::format("{}/{}", folder_, name);
    auto file = worker::temporary_file(folder_);
    if (!file) return finish(name, std::unexpected(file.error()));
    fetch->file = *std::move(file);
    const worker::ObjectContext context{
        .trace = {}, .principal = {.account = source.account, .id = source.principal}};
    const int fd = fetch->file.get();
    storage_.download(
        {.bucket = fetch->code.bucket, .key = fetch->code.key}, context,
        {.fd = fd, .bytes_max = zip_bytes_max}, [this, fetch](Result<schema::ObjectInfo> object) {
            if (!object) {
                return finish(fetch->name, std::unexpected(worker::as_job_error(
                                               std::move(object).error(), "download the code")));
            }
            fetch->bytes = object->size_bytes;
            unpack(fetch);
        });
}

void CodeStore::unpack(std::shared_ptr<Fetch> fetch) {
    const auto started =
        pool_.run([fetch] { fetch->unpack(); },
                  [this, fetch] { finish(fetch->name, std::move(fetch->result)); });
    if (!started) finish(fetch->name, std::unexpected(started.error()));
}

void CodeStore::finish(const std::string& name, Result<std::shared_ptr<const Code>> result) {
    const auto found = entries_.find(name);
    if (found == entries_.end()) return;
    auto waiting = std::exchange(found->second.waiting, {});
    if (result) {
        found->second.code = *result;
        log::info("code unpacked", {{"sha256", name}, {"bytes", (*result)->bytes}});
    } else {
        entries_.erase(found);
    }
    for (Got& got : waiting) got(result);
}

// What an environment runs from, stays.
void CodeStore::make_room() {
    while (entries_.size() > codes_kept_max) {
        auto oldest = entries_.end();
        for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
            const bool is_unused = entry->second.code && entry->second.code.use_count() == 1;
            if (is_unused && (oldest == entries_.end() || entry->second.used < oldest->second.used))
                oldest = entry;
        }
        if (oldest == entries_.end()) return;
        std::error_code ignored;
        std::filesystem::remove_all(oldest->second.code->folder, ignored);
        entries_.erase(oldest);
    }
}

}  // namespace onput::function
