//! The JSON-LD contexts of what is sent. A receiver that checks signatures of documents refuses terms it finds in none of them.

use serde_json::{Map, Value, json};

fn with(terms: Option<Value>) -> Value {
    let mut contexts = vec![
        json!("https://www.w3.org/ns/activitystreams"),
        json!("https://w3id.org/security/v1"),
        json!({ "RsaSignature2017": "https://w3id.org/security#RsaSignature2017" }),
    ];
    contexts.extend(terms);
    Value::Array(contexts)
}

/// All terms of PeerTube's vocabulary, one map per context: what words mean in documents of others too.
pub(crate) fn terms() -> Vec<Map<String, Value>> {
    let contexts = [
        actor(),
        approval(),
        cache_file(),
        chapters(),
        comment(),
        live_note(),
        playlist(),
        video(),
        view(),
    ];
    contexts
        .into_iter()
        .filter_map(|context| context.as_array()?.last()?.as_object().cloned())
        .collect()
}

/// For collections, follows and their answers, announces, likes and deletions.
pub(crate) fn plain() -> Value {
    with(None)
}

/// For ApproveReply and RejectReply.
pub(crate) fn approval() -> Value {
    with(Some(json!({
        "pt": "https://joinpeertube.org/ns#",
        "sc": "http://schema.org/",
        "ApproveReply": "pt:ApproveReply",
        "RejectReply": "pt:RejectReply",
    })))
}

pub(crate) fn cache_file() -> Value {
    with(Some(json!({
        "pt": "https://joinpeertube.org/ns#",
        "sc": "http://schema.org/",
        "expires": "sc:expires",
        "CacheFile": "pt:CacheFile",
        "size": { "@type": "sc:Number", "@id": "pt:size" },
        "fps": { "@type": "sc:Number", "@id": "pt:fps" },
    })))
}

/// For a post about a live, with the words of Mastodon that it has.
pub(crate) fn live_note() -> Value {
    with(Some(
        json!({ "Hashtag": "as:Hashtag", "sensitive": "as:sensitive" }),
    ))
}

/// For a Flag, whose reasons are Hashtags. PeerTube sends its own without a signature, and so defines less.
pub(crate) fn flag() -> Value {
    with(Some(json!({
        "pt": "https://joinpeertube.org/ns#",
        "sc": "http://schema.org/",
        "Hashtag": "as:Hashtag",
        "startAt": { "@type": "sc:Number", "@id": "pt:startAt" },
        "endAt": { "@type": "sc:Number", "@id": "pt:endAt" },
    })))
}

/// For a Note and what happens to it.
pub(crate) fn comment() -> Value {
    with(Some(json!({
        "pt": "https://joinpeertube.org/ns#",
        "sc": "http://schema.org/",
        "replyApproval": "pt:replyApproval",
    })))
}

pub(crate) fn playlist() -> Value {
    with(Some(json!({
        "pt": "https://joinpeertube.org/ns#",
        "sc": "http://schema.org/",
        "Playlist": "pt:Playlist",
        "PlaylistElement": "pt:PlaylistElement",
        "position": { "@type": "sc:Number", "@id": "pt:position" },
        "startTimestamp": { "@type": "sc:Number", "@id": "pt:startTimestamp" },
        "stopTimestamp": { "@type": "sc:Number", "@id": "pt:stopTimestamp" },
        "uuid": { "@type": "sc:identifier", "@id": "pt:uuid" },
    })))
}

/// For a View, alone or with the counter of a live.
pub(crate) fn view() -> Value {
    with(Some(json!({
        "pt": "https://joinpeertube.org/ns#",
        "sc": "http://schema.org/",
        "WatchAction": "sc:WatchAction",
        "InteractionCounter": "sc:InteractionCounter",
        "interactionType": "sc:interactionType",
        "userInteractionCount": "sc:userInteractionCount",
    })))
}

pub(crate) fn actor() -> Value {
    with(Some(json!({
        "pt": "https://joinpeertube.org/ns#",
        "sc": "http://schema.org/",
        "playlists": { "@id": "pt:playlists", "@type": "@id" },
        "support": { "@type": "sc:Text", "@id": "pt:support" },
        "lemmy": "https://join-lemmy.org/ns#",
        "postingRestrictedToMods": "lemmy:postingRestrictedToMods",
        "icons": "as:icon",
    })))
}

pub(crate) fn chapters() -> Value {
    with(Some(json!({
        "pt": "https://joinpeertube.org/ns#",
        "sc": "http://schema.org/",
        "hasPart": "sc:hasPart",
        "endOffset": "sc:endOffset",
        "startOffset": "sc:startOffset",
    })))
}

pub(crate) fn video() -> Value {
    with(Some(json!({
        "pt": "https://joinpeertube.org/ns#",
        "sc": "http://schema.org/",
        "Hashtag": "as:Hashtag",
        "category": "sc:category",
        "licence": "sc:license",
        "subtitleLanguage": "sc:subtitleLanguage",
        "automaticallyGenerated": "pt:automaticallyGenerated",
        "sensitive": "as:sensitive",
        "language": "sc:inLanguage",
        "identifier": "sc:identifier",
        "isLiveBroadcast": "sc:isLiveBroadcast",
        "liveSaveReplay": { "@type": "sc:Boolean", "@id": "pt:liveSaveReplay" },
        "permanentLive": { "@type": "sc:Boolean", "@id": "pt:permanentLive" },
        "latencyMode": { "@type": "sc:Number", "@id": "pt:latencyMode" },
        "Infohash": "pt:Infohash",
        "tileWidth": { "@type": "sc:Number", "@id": "pt:tileWidth" },
        "tileHeight": { "@type": "sc:Number", "@id": "pt:tileHeight" },
        "tileDuration": { "@type": "sc:Number", "@id": "pt:tileDuration" },
        "aspectRatio": { "@type": "sc:Float", "@id": "pt:aspectRatio" },
        "uuid": { "@type": "sc:identifier", "@id": "pt:uuid" },
        "originallyPublishedAt": "sc:datePublished",
        "uploadDate": "sc:uploadDate",
        "hasParts": "sc:hasParts",
        "views": { "@type": "sc:Number", "@id": "pt:views" },
        "state": { "@type": "sc:Number", "@id": "pt:state" },
        "size": { "@type": "sc:Number", "@id": "pt:size" },
        "fps": { "@type": "sc:Number", "@id": "pt:fps" },
        "commentsEnabled": { "@type": "sc:Boolean", "@id": "pt:commentsEnabled" },
        "canReply": "pt:canReply",
        "commentsPolicy": { "@type": "sc:Number", "@id": "pt:commentsPolicy" },
        "downloadEnabled": { "@type": "sc:Boolean", "@id": "pt:downloadEnabled" },
        "waitTranscoding": { "@type": "sc:Boolean", "@id": "pt:waitTranscoding" },
        "support": { "@type": "sc:Text", "@id": "pt:support" },
        "likes": { "@id": "as:likes", "@type": "@id" },
        "dislikes": { "@id": "as:dislikes", "@type": "@id" },
        "shares": { "@id": "as:shares", "@type": "@id" },
        "comments": { "@id": "as:comments", "@type": "@id" },
        "PropertyValue": "sc:PropertyValue",
        "value": "sc:value",
    })))
}
