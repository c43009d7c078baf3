#include "services/function/code_store.hpp"

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

CodeStore::CodeStore(runtime::Process& process, worker::ObjectClient& storage,
                     const WorkFolder& folder)
    : process_(process),
      storage_(storage),
      folder_(folder.path()),
      pool_(process.loop(), {.threads = 1, .jobs_max = code_fetches_max}) {}

void CodeStore::get(const schema::FunctionInfo& function, Got got) {
    const auto digest = from_base64(function.handler.code.sha256);
    if (!digest) {
        return got(fail(ErrorCode::invalid_argument,
                        "the digest of the function's code is no base64: deploy it again"));
    }
    const std::string name = to_hex(*digest);
    Entry& entry = entries_[name];
    entry.used = ++uses_;
    if (entry.code) return got(entry.code);
    entry.waiting.push_back(std::move(got));
    if (entry.waiting.size() == 1) fetch(function, name);
}

void CodeStore::fetch(const schema::FunctionInfo& function, const std::string& name) {
    make_room();
    auto fetch = std::make_shared<Fetch>();
    fetch->name = name;
    fetch->code = function.handler.code;
    fetch->folder = fmt::format("{}/{}", folder_, name);
    auto file = worker::temporary_file(folder_);
    if (!file) return finish(name, std::unexpected(file.error()));
    fetch->file = *std::move(file);
    const worker::ObjectContext context{
        .trace = {}, .principal = {.account = function.account, .id = "function/" + function.name}};
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
