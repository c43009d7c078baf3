#include "services/ctl/function_code.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sys/mman.h>
#include <unistd.h>

#include <fmt/format.h>

#include "common/archive/zip.hpp"
#include "common/auth/role_trust.hpp"
#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"
#include "common/base/errno_text.hpp"
#include "common/schema/identity.hpp"
#include "common/schema/storage.hpp"
#include "common/worker/file_descriptor.hpp"
#include "common/worker/object_client.hpp"

namespace onput::ctl {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> refused(std::string message) {
    return fail(ErrorCode::invalid_argument, std::move(message), "bad_code");
}

Result<std::string> read_file(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return refused(fmt::format("the code {} cannot be read", path.string()));
    return std::string(std::istreambuf_iterator<char>(file), {});
}

bool runs(const fs::path& path) {
    return ::access(path.c_str(), X_OK) == 0;
}

Result<std::vector<archive::ZipEntry>> read_folder(const fs::path& folder) {
    std::vector<archive::ZipEntry> entries;
    std::uint64_t bytes = 0;
    std::error_code error;
    auto at = fs::recursive_directory_iterator(folder, error);
    for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
        const fs::path& path = at->path();
        const std::string name = path.filename().string();
        if (at->is_symlink()) return refused(fmt::format("{} is a link", path.string()));
        if (at->is_directory()) {
            if (name == ".git" || name == "__pycache__") at.disable_recursion_pending();
            continue;
        }
        ONPUT_TRY(std::string content, read_file(path));
        bytes += content.size();
        if (entries.size() == code_files_max || bytes > code_bytes_max) {
            return refused(fmt::format("{} has more than {} files, or {} bytes", folder.string(),
                                       code_files_max, code_bytes_max));
        }
        entries.push_back({.name = path.lexically_relative(folder).generic_string(),
                           .bytes = std::move(content),
                           .is_executable = runs(path)});
    }
    if (error) return refused(fmt::format("read {}: {}", folder.string(), error.message()));
    std::ranges::sort(entries, {}, &archive::ZipEntry::name);
    return entries;
}

// What a name tells; nothing that is said is replaced.
void complete(const std::string& path, schema::FunctionHandler& handler) {
    const fs::path file(path);
    const std::string ending = file.extension().string();
    const bool is_node = ending == ".js" || ending == ".mjs" || ending == ".cjs";
    if (handler.runtime.empty() && ending == ".py") handler.runtime = "python3.11";
    if (handler.runtime.empty() && is_node) handler.runtime = "nodejs20.x";
    if (!handler.handler.empty()) return;
    if (ending == ".py") handler.handler = file.stem().string() + ".lambda_handler";
    if (is_node) handler.handler = file.stem().string() + ".handler";
}

Result<void> make_bucket(const std::string& name, Peers& peers) {
    const auto found = peers.ask(peers.storage(), schema::HeadBucket{.name = name});
    if (found) return {};
    if (found.error().code != ErrorCode::not_found) return std::unexpected(found.error());
    const auto made = peers.ask(peers.storage(), schema::CreateBucket{.name = name});
    if (!made) return std::unexpected(made.error());
    return {};
}

Result<worker::FileDescriptor> in_memory(std::string_view bytes) {
    worker::FileDescriptor file(::memfd_create("code", MFD_CLOEXEC));
    std::size_t at = 0;
    while (file.is_open() && at < bytes.size()) {
        const ssize_t written =
            ::pwrite(file.get(), bytes.data() + at, bytes.size() - at, static_cast<off_t>(at));
        if (written <= 0) break;
        at += static_cast<std::size_t>(written);
    }
    if (at < bytes.size() || !file.is_open())
        return fail(ErrorCode::unavailable, "keep the code in memory: " + errno_text());
    return file;
}

Result<void> upload(const schema::FunctionCode& code, std::string_view zip, Peers& peers) {
    const schema::HeadObject head{.bucket = code.bucket, .key = code.key};
    const auto there = peers.ask(peers.storage(), head);
    if (there && there->size_bytes == zip.size()) return {};
    ONPUT_TRY(const auto file, in_memory(zip));
    schema::PutObject object;
    object.bucket = code.bucket;
    object.key = code.key;
    object.content_type = "application/zip";
    object.source_ip = "127.0.0.1";
    worker::ObjectClient client(peers.storage());
    std::optional<Result<schema::ObjectPut>> put;
    client.upload(std::move(object), {.trace = {}, .principal = peers.principal()}, file.get(),
                  [&](Result<schema::ObjectPut> result) {
                      put = std::move(result);
                      peers.loop().stop();
                  });
    while (!put) peers.loop().run();
    if (!*put) return std::unexpected(Error(put->error()).with_context("upload the code"));
    return {};
}

// The ARN of a role that Lambda may assume.
Result<std::string> find_role(const std::string& role, const std::string& account, Peers& peers) {
    constexpr std::string_view arn_beginning = "arn:aws:iam::";
    const std::string name =
        role.starts_with(arn_beginning) ? role.substr(role.rfind('/') + 1) : role;
    const auto found = peers.ask(peers.storage(),
                                 schema::GetEntity{.kind = schema::EntityKind::role, .name = name});
    if (!found && found.error().code != ErrorCode::not_found) return std::unexpected(found.error());
    const std::string arn = found ? schema::entity_arn(*found) : std::string();
    if (!found || (role != name && role != arn)) {
        return refused(
            fmt::format("there is no role {} in account {}: onput aws -- iam "
                        "create-role makes one",
                        role, account));
    }
    if (auth::trusts_service({.policy = found->trust, .role_arn = arn}, "lambda.amazonaws.com", {}))
        return arn;
    return refused(
        fmt::format("role {} does not let lambda.amazonaws.com assume it: its trust "
                    "policy has to allow sts:AssumeRole",
                    role));
}

}  // namespace

Result<std::string> pack_code(const std::string& path) {
    std::error_code error;
    if (fs::is_directory(path, error)) {
        ONPUT_TRY(const auto entries, read_folder(path));
        if (entries.empty()) return refused(fmt::format("the folder {} is empty", path));
        return archive::make_zip(entries);
    }
    ONPUT_TRY(std::string bytes, read_file(path));
    if (path.ends_with(".zip")) return bytes;
    const fs::path file(path);
    return archive::make_zip({{.name = file.filename().string(),
                               .bytes = std::move(bytes),
                               .is_executable = runs(file)}});
}

Result<void> add_code(const PipelineFunction& wanted, Peers& peers,
                      schema::FunctionInfo& function) {
    ONPUT_TRY(const std::string zip, pack_code(wanted.code));
    const std::string digest = Digest::of(DigestAlgorithm::sha256, zip);
    schema::FunctionHandler& handler = function.handler;
    if (!wanted.role.empty()) {
        ONPUT_TRY(handler.role_arn, find_role(wanted.role, function.account, peers));
    }
    handler.runtime = wanted.runtime;
    handler.handler = wanted.handler;
    handler.memory_mb = wanted.memory_mb;
    handler.ephemeral_mb = wanted.ephemeral_mb;
    complete(wanted.code, handler);
    handler.code = {.bucket = wanted.code_bucket.empty() ? std::string(default_code_bucket)
                                                         : wanted.code_bucket,
                    .key = fmt::format("{}/{}.zip", wanted.name, to_hex(digest)),
                    .sha256 = to_base64(digest),
                    .bytes = zip.size()};
    ONPUT_TRY_VOID(make_bucket(handler.code.bucket, peers));
    return upload(handler.code, zip, peers);
}

}  // namespace onput::ctl
