#include "services/ctl/voice_pack.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <poll.h>
#include <set>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "common/archive/zip.hpp"
#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"
#include "common/base/errno_text.hpp"
#include "common/runtime/child.hpp"

namespace onput::ctl {
namespace {

namespace files = std::filesystem;

constexpr std::string_view npm = "npm";
constexpr archive::UnzipLimits wheel_limits{.bytes_max = 512ULL << 20, .files_max = 10'000};

std::unexpected<Error> bad_pack(const std::string& source, std::string_view what) {
    return fail(ErrorCode::invalid_argument, fmt::format("{}: {}", source, what));
}

// --- The list ------------------------------------------------------------------------------------

std::string text_of(const toml::table& table, std::string_view key) {
    return table[key].value_or(std::string());
}

bool is_digest(std::string_view text) {
    const auto bytes = from_hex(text);
    return bytes && bytes->size() == 32 && to_hex(*bytes) == text;
}

// "hibari/hibari.onnx": a folder of the voice's own, then a file.
bool is_place(std::string_view path) {
    const files::path place(path);
    const bool stays = std::ranges::none_of(
        place, [](const files::path& part) { return part == ".." || part == "." || part.empty(); });
    return stays && place.is_relative() && std::distance(place.begin(), place.end()) == 2;
}

Result<std::vector<PackFile>> read_files(const toml::table& package, const std::string& source) {
    std::vector<PackFile> taken;
    const toml::array* const list = package["take"].as_array();
    if (list == nullptr || list->empty()) return bad_pack(source, "a package without 'take'");
    for (const auto& item : *list) {
        const toml::table* const table = item.as_table();
        if (table == nullptr) return bad_pack(source, "'take' must hold tables");
        PackFile file{.from = text_of(*table, "from"),
                      .to = text_of(*table, "to"),
                      .sha256 = text_of(*table, "sha256")};
        if (file.from.empty() || !is_place(file.to) || !is_digest(file.sha256))
            return bad_pack(source, "a file of 'take' needs from, to (FOLDER/FILE) and sha256");
        taken.push_back(std::move(file));
    }
    return taken;
}

Result<PackPackage> read_package(const toml::table& table, const std::string& source) {
    PackPackage package{.name = text_of(table, "name"),
                        .version = text_of(table, "version"),
                        .license = text_of(table, "license"),
                        .registry = text_of(table, "registry"),
                        .machine = text_of(table, "machine"),
                        .python = text_of(table, "python"),
                        .platform = text_of(table, "platform"),
                        .file = text_of(table, "file"),
                        .sha256 = text_of(table, "sha256"),
                        .take = {}};
    const bool is_plain_file = !package.file.empty() && package.file.find('/') == std::string::npos;
    // A name that begins so would be an option of pip.
    const bool is_whole = !package.name.empty() && package.name.front() != '-' &&
                          !package.version.empty() && is_plain_file && is_digest(package.sha256);
    if (!is_whole) return bad_pack(source, "a package needs name, version, file and sha256");
    if (!package.registry.empty() && package.registry != npm)
        return bad_pack(source, "'registry' is npm, or left out for PyPI");
    ONPUT_TRY(package.take, read_files(table, source));
    return package;
}

Result<PackJoin> read_join(const toml::table& table, const std::string& source) {
    PackJoin join{.to = text_of(table, "to"), .parts = {}, .sha256 = text_of(table, "sha256")};
    if (const toml::array* const parts = table["parts"].as_array()) {
        for (const auto& part : *parts) join.parts.push_back(part.value_or(std::string()));
    }
    const bool is_whole = is_place(join.to) && is_digest(join.sha256) && !join.parts.empty() &&
                          std::ranges::all_of(join.parts, is_place);
    if (is_whole) return join;
    return bad_pack(source, "a [[join]] needs to and parts (FOLDER/FILE) and sha256");
}

// --- Files ---------------------------------------------------------------------------------------

Result<std::string> read_file(const files::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (file.is_open() && !file.bad()) return bytes;
    return fail(ErrorCode::not_found, fmt::format("{} cannot be read", path.string()));
}

Result<void> check_digest(std::string_view bytes, const std::string& expected,
                          const std::string& what) {
    const std::string found = to_hex(Digest::of(DigestAlgorithm::sha256, bytes));
    if (found == expected) return {};
    return fail(ErrorCode::corruption,
                fmt::format("{} has the SHA-256 {} and should have {}: it is damaged or another "
                            "file; nothing was installed",
                            what, found, expected));
}

Result<void> done(const std::error_code& error, std::string_view doing) {
    if (!error) return {};
    return fail(ErrorCode::unavailable, fmt::format("{}: {}", doing, error.message()));
}

Result<void> make_folder(const files::path& folder) {
    std::error_code error;
    files::create_directories(folder, error);
    return done(error, "make " + folder.string());
}

Result<void> write_durably(const files::path& path, std::string_view bytes) {
    std::ofstream file(path, std::ios::binary);
    file << bytes;
    file.close();
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const bool is_kept = file && fd >= 0 && ::fsync(fd) == 0;
    if (fd >= 0) ::close(fd);
    if (is_kept) return {};
    return fail(ErrorCode::unavailable, fmt::format("write {}: {}", path.string(), errno_text()));
}

// A folder of its own, gone at the end.
class WorkFolder {
public:
    static Result<WorkFolder> make(const std::string& beside) {
        std::string name = beside + "/.install-XXXXXX";
        if (::mkdtemp(name.data()) != nullptr) return WorkFolder(name);
        return fail(ErrorCode::unavailable, fmt::format("make {}: {}", name, errno_text()));
    }
    ~WorkFolder() {
        std::error_code ignored;
        if (!path_.empty()) files::remove_all(path_, ignored);
    }
    WorkFolder(WorkFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
    WorkFolder& operator=(WorkFolder&&) = delete;
    [[nodiscard]] files::path at(std::string_view name) const { return path_ / name; }

private:
    explicit WorkFolder(files::path path) : path_(std::move(path)) {}
    files::path path_;
};

// `made` in the place of `wanted`; what was there is in `made` afterwards.
Result<void> put_in_place(const files::path& made, const files::path& wanted) {
    std::error_code ignored;
    const unsigned flags = files::exists(wanted, ignored) ? RENAME_EXCHANGE : 0;
    if (::renameat2(AT_FDCWD, made.c_str(), AT_FDCWD, wanted.c_str(), flags) == 0) return {};
    return fail(ErrorCode::unavailable,
                fmt::format("put {} in its place: {}", wanted.string(), errno_text()));
}

Result<void> await_end(runtime::Child& child, std::string_view what) {
    pollfd ended{.fd = child.end_fd(), .events = POLLIN, .revents = 0};
    while (::poll(&ended, 1, -1) < 0 && errno == EINTR) {
    }
    const auto end = child.take_end();
    if (end && *end == "exit status 0") return {};
    return fail(ErrorCode::unavailable,
                fmt::format("{} failed ({})", what, end.value_or("no status")));
}

Result<void> run(std::vector<std::string> command, const std::string& what) {
    command.insert(command.begin(), "/usr/bin/env");
    ONPUT_TRY(
        auto child,
        runtime::Child::start(
            {.arguments = std::move(command), .environment = {}, .withheld = {}, .log_file = {}}));
    return await_end(child, what);
}

// A file of npm is unpacked by tar: its digest has been checked.
Result<void> unpack(const PackPackage& package, std::string_view bytes,
                    const files::path& unpacked) {
    if (package.registry != npm) {
        ONPUT_TRY_VOID(archive::unzip(bytes, unpacked.string(), wheel_limits));
        return {};
    }
    const std::string file = unpacked.string() + ".tgz";
    ONPUT_TRY_VOID(write_durably(file, bytes));
    return run({"tar", "-xzf", file, "-C", unpacked.string()}, "tar of " + package.file);
}

// What is taken from a package, below `made`.
Result<void> take_files(const PackPackage& package, std::string_view bytes_of_package,
                        const files::path& unpacked, const files::path& made) {
    ONPUT_TRY_VOID(make_folder(unpacked));
    ONPUT_TRY_VOID(unpack(package, bytes_of_package, unpacked));
    for (const PackFile& file : package.take) {
        ONPUT_TRY(const std::string bytes, read_file(unpacked / file.from));
        ONPUT_TRY_VOID(check_digest(bytes, file.sha256, package.file + ": " + file.from));
        ONPUT_TRY_VOID(make_folder((made / file.to).parent_path()));
        ONPUT_TRY_VOID(write_durably(made / file.to, bytes));
    }
    return {};
}

Result<void> join_files(const PackJoin& join, const files::path& made) {
    std::string whole;
    for (const std::string& part : join.parts) {
        ONPUT_TRY(const std::string bytes, read_file(made / part));
        whole += bytes;
        std::error_code error;
        files::remove(made / part, error);
        ONPUT_TRY_VOID(done(error, "remove " + part));
    }
    ONPUT_TRY_VOID(check_digest(whole, join.sha256, join.to));
    return write_durably(made / join.to, whole);
}

}  // namespace

Result<VoicePack> parse_voice_pack(std::string_view toml, const std::string& source) {
    VoicePack pack;
    try {
        const toml::table table = toml::parse(toml);
        pack.name = text_of(table, "name");
        pack.summary = text_of(table, "summary");
        const toml::array* const packages = table["package"].as_array();
        if (pack.name.empty() || packages == nullptr || packages->empty())
            return bad_pack(source, "a pack needs a name and a [[package]]");
        for (const auto& item : *packages) {
            if (!item.is_table()) return bad_pack(source, "'package' must hold tables");
            ONPUT_TRY(auto package, read_package(*item.as_table(), source));
            pack.packages.push_back(std::move(package));
        }
        const toml::array* const joins = table["join"].as_array();
        for (std::size_t i = 0; joins != nullptr && i < joins->size(); ++i) {
            const toml::table* const join = joins->get(i)->as_table();
            if (join == nullptr) return bad_pack(source, "'join' must hold tables");
            ONPUT_TRY(pack.joins.emplace_back(), read_join(*join, source));
        }
    } catch (const toml::parse_error& error) {
        return bad_pack(source, error.description());
    }
    return pack;
}

Result<std::string> fetch_package(const PackPackage& package, const std::string& folder) {
    constexpr std::string_view advice =
        ": is the package registry reachable? --from DIR installs from files";
    if (package.registry == npm) {
        const std::string wanted = package.name + "@" + package.version;
        // What npm says on stdout is the file's name.
        auto fetched =
            run({"sh", "-c", "exec npm pack --silent --pack-destination \"$0\" \"$1\" >&2", folder,
                 wanted},
                "npm pack " + wanted);
        if (!fetched) return fail(fetched.error().code, fetched.error().message + advice.data());
        return fetch_from(package, folder);
    }
    std::vector<std::string> command{"python3", "-m",        "pip",        "download",
                                     "--quiet", "--no-deps", "--no-input", "--only-binary",
                                     ":all:",   "--dest",    folder};
    if (!package.python.empty()) {
        command.emplace_back("--implementation=cp");
        command.push_back("--python-version=" + package.python);
        command.push_back("--abi=cp" + package.python);
    }
    if (!package.platform.empty()) command.push_back("--platform=" + package.platform);
    command.push_back(package.name + "==" + package.version);
    auto fetched =
        run(std::move(command), fmt::format("pip download {}=={}", package.name, package.version));
    if (!fetched) return fail(fetched.error().code, fetched.error().message + advice.data());
    return fetch_from(package, folder);
}

Result<std::string> fetch_from(const PackPackage& package, const std::string& folder) {
    return read_file(files::path(folder) / package.file);
}

Result<void> install_voice_pack(const VoicePack& pack, const std::string& machine,
                                const std::string& folder, const FetchPackage& fetch) {
    std::set<std::string> needed;
    std::set<std::string> found;
    for (const PackPackage& package : pack.packages) needed.insert(package.name);
    ONPUT_TRY_VOID(make_folder(folder));
    ONPUT_TRY(const WorkFolder work, WorkFolder::make(folder));
    const files::path made = work.at("made");
    for (const PackPackage& package : pack.packages) {
        if (!package.machine.empty() && package.machine != machine) continue;
        found.insert(package.name);
        ONPUT_TRY(const std::string bytes, fetch(package));
        ONPUT_TRY_VOID(check_digest(bytes, package.sha256, package.file));
        ONPUT_TRY_VOID(take_files(package, bytes, work.at(package.name), made));
    }
    if (found != needed) {
        return fail(
            ErrorCode::unimplemented,
            fmt::format("voice pack {} has no files for a machine that is {}", pack.name, machine));
    }
    for (const PackJoin& join : pack.joins) ONPUT_TRY_VOID(join_files(join, made));
    // In the order of the packages: the runtime is there before the voice that needs it.
    std::vector<std::string> folders;
    for (const PackPackage& package : pack.packages) {
        for (const PackFile& file : package.take) {
            std::string name = files::path(file.to).parent_path().string();
            if (std::ranges::find(folders, name) == folders.end())
                folders.push_back(std::move(name));
        }
    }
    for (const std::string& name : folders)
        ONPUT_TRY_VOID(put_in_place(made / name, files::path(folder) / name));
    return {};
}

}  // namespace onput::ctl
