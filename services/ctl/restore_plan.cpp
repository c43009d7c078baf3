#include "services/ctl/restore_plan.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <iterator>
#include <unistd.h>

#include <fmt/format.h>

#include "common/store/file_copy.hpp"
#include "common/store/file_io.hpp"

namespace onput::ctl {
namespace {

constexpr std::string_view first_line = "onput-restore 1\n";
constexpr std::string_view id_name = "id ";
constexpr std::string_view cold_name = "cold ";
constexpr std::string_view service_name = "service ";
constexpr std::string_view last_line = "end\n";
constexpr std::uint64_t plan_bytes_max = 64 * 1024;

std::string folder_of(const std::string& data) {
    return fmt::format("{}/{}", data, unfinished_folder);
}

std::string plan_path(const std::string& data) {
    return folder_of(data) + "/PLAN";
}

// Cuts the text before the next line feed off `rest`, and the line feed with it.
std::string_view cut_line(std::string_view& rest) {
    const std::size_t at = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, at);
    rest.remove_prefix(std::min(at + 1, rest.size()));
    return line;
}

}  // namespace

std::string to_text(const RestorePlan& plan) {
    std::string text(first_line);
    fmt::format_to(std::back_inserter(text), "{}{}\n{}{}\n", id_name, plan.backup_id, cold_name,
                   plan.cold_directory);
    for (const auto& service : plan.services) {
        fmt::format_to(std::back_inserter(text), "{}{}\n", service_name, service);
    }
    text += last_line;
    return text;
}

std::optional<RestorePlan> parse_restore_plan(std::string_view text) {
    if (!text.starts_with(first_line) || !text.ends_with(last_line)) return std::nullopt;
    RestorePlan plan;
    std::string_view rest = text;
    while (!rest.empty()) {
        const std::string_view line = cut_line(rest);
        if (line.starts_with(id_name)) plan.backup_id = line.substr(id_name.size());
        if (line.starts_with(cold_name)) plan.cold_directory = line.substr(cold_name.size());
        if (line.starts_with(service_name)) {
            plan.services.emplace_back(line.substr(service_name.size()));
        }
    }
    if (plan.backup_id.empty() || plan.services.empty()) return std::nullopt;
    return plan;
}

Result<std::optional<RestorePlan>> read_restore_plan(const std::string& data) {
    const std::string folder = folder_of(data);
    ONPUT_TRY(const bool is_there, store::path_exists(folder));
    if (!is_there) return std::nullopt;
    const std::string path = plan_path(data);
    const auto file = store::open_file(path, O_RDONLY);
    if (!file && file.error().code != ErrorCode::not_found) return std::unexpected(file.error());
    const auto text =
        file ? store::read_at(*file, path, 0, plan_bytes_max) : Result<std::string>("");
    if (!text) return std::unexpected(text.error());
    if (auto plan = parse_restore_plan(*text)) return plan;
    std::error_code error;
    // A restore died before it had written anything else, or behind all that it did.
    const auto count = std::distance(std::filesystem::directory_iterator(folder, error),
                                     std::filesystem::directory_iterator());
    if (!error && count <= (file ? 1 : 0)) return std::nullopt;
    return fail(
        ErrorCode::conflict,
        fmt::format("{} has no plan of a restore: if you need nothing in it, remove it", folder));
}

Result<void> write_restore_plan(const std::string& data, const RestorePlan& plan) {
    const std::string path = plan_path(data);
    ONPUT_TRY_VOID(store::make_directories(folder_of(data)));
    ONPUT_TRY(const auto file, store::open_file(path, O_WRONLY | O_CREAT | O_TRUNC));
    ONPUT_TRY_VOID(store::write_at(file, path, to_text(plan), 0));
    ONPUT_TRY_VOID(store::sync_data(file, path));
    return store::sync_names({path});
}

Result<void> remove_restore_plan(const std::string& data) {
    const std::string folder = folder_of(data);
    ONPUT_TRY_VOID(store::remove_file(plan_path(data)));
    if (::rmdir(folder.c_str()) != 0 && errno != ENOENT) {
        return std::unexpected(store::system_error("remove", folder, errno));
    }
    return store::sync_directory(data);
}

Result<void> check_is_restored(const std::string& data) {
    ONPUT_TRY(const auto plan, read_restore_plan(data));
    if (!plan) return {};
    return fail(ErrorCode::conflict,
                fmt::format("a restore into {0} was not finished, so a part of the instance may be "
                            "missing: run 'onput --data {0} restore' again with the backup {1}, or "
                            "name another directory",
                            data, plan->backup_id));
}

}  // namespace onput::ctl
