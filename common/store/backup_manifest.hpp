// The manifest of one service's part of a backup: which files it has. Written last, so a part
// without one is no backup; its own last line has the hash of all lines before it, so that one that
// was cut or edited is told from a whole one.
//
//     onput-backup 1
//     id 4f1c...                       the same in the parts of all services
//     service storage
//     version 0.9.0                    of the binary that wrote it
//     taken-at 2026-11-29T12:00:00.000Z
//     file <sha256> <bytes> <path>     of each
//     end <sha256>
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/store/file_copy.hpp"

namespace onput::store {

inline constexpr std::string_view backup_manifest_file = "MANIFEST.backup";
// An empty file in the directory of a service that was restored, until its first start has seen it.
inline constexpr std::string_view restored_mark = "restored";
inline constexpr std::uint64_t backup_manifest_bytes_max = 1ULL << 30;

struct BackupManifest {
    std::string id;
    std::string service;
    std::string version;
    std::string taken_at;
    std::vector<CopiedFile> files = {};
    friend bool operator==(const BackupManifest&, const BackupManifest&) = default;
};

std::string to_text(const BackupManifest& manifest);
// `corruption` when it is not whole, or a path in it would leave the directory.
Result<BackupManifest> parse_backup_manifest(std::string_view text);

// Of a part's directory: `not_found` when there is none, the part being incomplete.
Result<BackupManifest> read_backup_manifest(const std::string& directory);
// Durable when it returns.
Result<void> write_backup_manifest(const std::string& directory, const BackupManifest& manifest);

}  // namespace onput::store
