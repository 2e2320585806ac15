//! The JSON-LD contexts of what is sent. A receiver that checks signatures of documents refuses terms it finds in none of them.

use serde_json::{Value, json};

fn with(terms: Option<Value>) -> Value {
    let mut contexts = vec![
        json!("https://www.w3.org/ns/activitystreams"),
        json!("https://w3id.org/security/v1"),
        json!({ "RsaSignature2017": "https://w3id.org/security#RsaSignature2017" }),
    ];
    contexts.extend(terms);
    Value::Array(contexts)
}

/// For collections and for activities without terms of their own.
pub(crate) fn plain() -> Value {
    with(None)
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
