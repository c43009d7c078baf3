// The sidecar: a JSON object beside the derivatives that says what is known about a photo. Pure.
//
//     {
//       "version": 1,
//       "valid": true,
//       "source": {"bucket": "inbox", "key": "cats/tom.jpg", "version_id": "", "etag": "...",
//                  "size_bytes": 2900000, "content_type": "image/jpeg"},
//       "function": "photos",
//       "event_id": "...",
//       "photo": {"format": "jpeg", "width": 4000, "height": 3000, "pages": 1, "bands": 3,
//                 "bits": 8, "color_space": "srgb", "has_alpha": false, "has_profile": true,
//                 "orientation": 6, "dominant_color": "#a08060", "has_gps": true,
//                 "exif": {"Make": "...", ...}},
//       "derivatives": [{"name": "thumbnail", "bucket": "outbox", "key": "cats/tom.thumbnail.jpg",
//                        "version_id": "", "etag": "...", "content_type": "image/jpeg",
//                        "size_bytes": 12345, "width": 320, "height": 240, "pages": 1,
//                        "quality": 80}, ...],
//       "omitted": [{"name": "web", "reason": "bad_recipe",
//                    "message": "format: webp holds sides of 16383 pixels at most, ..."}, ...]
//     }
//
// Of an upload that was no valid photo and was deleted: "valid": false and, instead of photo and
// derivatives, "error": {"reason": "damaged", "message": "..."} and "disposition": "deleted".
//
// Texts that are not UTF-8 have U+FFFD where they are not. GPS positions are never in it. EXIF is
// left out when the whole would exceed whole_put_bytes_max.
#pragma once

#include <string>
#include <vector>

#include "common/schema/lane.hpp"
#include "services/image/job.hpp"
#include "services/image/rejection.hpp"
#include "services/image/request.hpp"

namespace onput::image {

// `outputs` are the derivatives as written, in the order of `result.derivatives`.
std::string make_sidecar(const Subject& photo, const ImageResult& result,
                         const std::vector<schema::JobOutput>& outputs);

std::string make_rejected_sidecar(const Subject& photo, const Rejection& rejection);

}  // namespace onput::image
