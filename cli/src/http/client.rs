//! The nodes that were named: the next one is asked when one is of no use.
//!
//! In: paths. Out: the first answer that the caller takes, or the answers of all. Always: a node that is slow
//! is not waited for before the next one is asked (K5). Not for judging answers.

use super::node::{Node, SILENCE};
use super::reply::{Answer, NoAnswer, none_answers};
use crate::failure::{Failure, usage};
use courtseal_api::Request;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// The nodes to ask, in the order given; the one that answered last is asked first.
pub struct Client {
    nodes: Vec<Arc<Node>>,
    current: AtomicUsize,
}

impl Client {
    /// The nodes at these URLs; one that is named twice counts once.
    ///
    /// # Errors
    /// Usage.
    pub fn new(urls: &[String], ca: Option<&Path>) -> anyhow::Result<Self> {
        let mut nodes: Vec<Arc<Node>> = Vec::new();
        for url in urls {
            let node = Node::new(url, ca)?;
            if nodes.iter().all(|other| other.url() != node.url()) {
                nodes.push(Arc::new(node));
            }
        }
        anyhow::ensure!(!nodes.is_empty(), usage("no node is named; give --node URL"));
        Ok(Self { nodes, current: AtomicUsize::new(0) })
    }

    /// All nodes, the one to ask first at the beginning.
    pub fn in_turn(&self) -> Vec<Arc<Node>> {
        let first = self.current.load(Ordering::Relaxed) % self.nodes.len();
        self.nodes[first..].iter().chain(&self.nodes[..first]).cloned().collect()
    }

    /// All nodes, as they were named.
    pub fn nodes(&self) -> &[Arc<Node>] {
        &self.nodes
    }

    /// Asks this node first from now on.
    pub fn prefer(&self, node: &Node) {
        if let Some(place) = self.nodes.iter().position(|other| other.url() == node.url()) {
            self.current.store(place, Ordering::Relaxed);
        }
    }

    /// `GET` from one node after another, until one gives an answer that `judge` takes; a node that is slow
    /// is not waited for before the next one is asked.
    ///
    /// # Errors
    /// [`Failure`]: what `judge` said of the first answer that was no use, or that no node answers.
    pub fn get<T>(&self, request: &Request, mut judge: impl FnMut(&Node, Answer) -> Result<T, Failure>) -> Result<T, Failure> {
        let (sender, answers) = channel::<(Arc<Node>, Result<Answer, NoAnswer>)>();
        let mut waiting = self.in_turn().into_iter();
        let (mut asked, mut patience) = (0_usize, Duration::ZERO);
        let (mut silent, mut refused) = (Vec::new(), None);
        loop {
            let next = match answers.recv_timeout(patience) {
                Ok((node, Ok(answer))) => {
                    asked -= 1;
                    match judge(&node, answer) {
                        Ok(taken) => {
                            self.prefer(&node);
                            return Ok(taken);
                        }
                        Err(failure) => refused = refused.or(Some(failure)),
                    }
                    waiting.next()
                }
                Ok((_, Err(no_answer))) => {
                    asked -= 1;
                    silent.push(no_answer);
                    waiting.next()
                }
                Err(RecvTimeoutError::Timeout) => waiting.next(),
                Err(RecvTimeoutError::Disconnected) => None,
            };
            match next {
                Some(node) => {
                    patience = node.patience();
                    asked += 1;
                    let (sender, request) = (sender.clone(), request.clone());
                    std::thread::spawn(move || {
                        let answer = node.get(&request, Duration::ZERO);
                        // Nobody listens any more once another node has answered.
                        let _ = sender.send((Arc::clone(&node), answer));
                    });
                }
                None if asked == 0 => return Err(refused.unwrap_or_else(|| none_answers(&silent))),
                None => patience = SILENCE,
            }
        }
    }

    /// As [`Client::get`], taking any answer of success.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub fn get_any(&self, request: &Request) -> Result<(Arc<Node>, Answer), Failure> {
        let found = self.get(request, |node, answer| answer.success(node.url()).map(|answer| (node.url().to_owned(), answer)))?;
        let node = self.nodes.iter().find(|node| node.url() == found.0).unwrap_or(&self.nodes[0]);
        Ok((Arc::clone(node), found.1))
    }

    /// Asks all nodes at once; their answers in the order in which the nodes were named.
    pub fn all<T: Send>(&self, ask: impl Fn(&Node) -> T + Sync) -> Vec<T> {
        std::thread::scope(|scope| {
            let asked: Vec<_> = self.nodes.iter().map(|node| scope.spawn(|| ask(node))).collect();
            asked.into_iter().map(|asked| asked.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Exit;

    #[test]
    fn nobody_listens() {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let client = Client::new(&[format!("http://127.0.0.1:{port}")], None).unwrap();
        let failure = client.get_any(&Request::plain(courtseal_api::Route::Status)).err().unwrap();
        assert_eq!(failure.exit, Exit::Unreachable);
        assert!(failure.message.contains("connection refused"), "{failure}");
    }
}
