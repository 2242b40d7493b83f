//! OSC over real sockets, against a wall that is none.

use super::*;
use crate::test_wall::TestWall;
use millions_control::Command;

fn free_port() -> u16 {
    UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A client of a wall that listens at a free port.
struct Client {
    socket: UdpSocket,
    wall: SocketAddr,
}

impl Client {
    fn of(wall: &TestWall) -> Self {
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        start(OscOptions { listen: Some(ListenAddress(address)), tell: Vec::new() }, &wall.control).unwrap();
        Self::at(address)
    }

    fn at(wall: SocketAddr) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
        Self { socket, wall }
    }

    fn send(&self, address: &str, arguments: &[rosc::OscType]) {
        let message = rosc::OscMessage { addr: address.into(), args: arguments.to_vec() };
        let bytes = rosc::encoder::encode(&rosc::OscPacket::Message(message)).unwrap();
        self.socket.send_to(&bytes, self.wall).unwrap();
    }

    /// Returns the values that come until `address` does.
    fn told(&self, address: &str) -> Vec<Message> {
        let (mut told, mut bytes) = (Vec::new(), [0; 2000]);
        while !told.iter().any(|message: &Message| message.address == address) {
            let (length, from) = self.socket.recv_from(&mut bytes).unwrap();
            assert_eq!(from, self.wall, "from the port at which messages come in");
            told.extend(packet::decode(&bytes[..length]).unwrap());
        }
        told
    }
}

/// Subscribes, also where the wall's socket is not open yet.
fn listen(client: &Client) {
    client.socket.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    let answered = (0..50).any(|_| {
        client.send("/millions/listen", &[]);
        client.socket.peek_from(&mut [0; 2000]).is_ok()
    });
    assert!(answered);
    client.socket.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
}

#[test]
fn messages_command_and_listeners_are_told() {
    let wall = TestWall::start();
    let client = Client::of(&wall);
    listen(&client);
    let first = client.told("/millions/status/people");
    assert!(first.iter().any(|message| message.address == "/millions/cue/title"));
    client.send("/millions/cue/title", &[]);
    let cue = Command::Cue { scene: "title".into(), transition: None, at: None };
    assert_eq!(wall.next(), cue);
    client.send("/hold", &[rosc::OscType::Float(1.0)]);
    assert_eq!(wall.next(), Command::Hold { on: true });
    let sent = Instant::now();
    let told = client.told("/millions/hold");
    assert!(sent.elapsed() < Duration::from_millis(500), "{:?}", sent.elapsed());
    let held = told.iter().rev().find(|message| message.address == "/millions/hold").unwrap();
    assert_eq!(held.arguments, [1.into()]);
    // Another instrument's change comes, too; what has not changed does not.
    wall.control.send(Command::Speed { rate: 2.0 }, Source::Key).unwrap();
    assert_eq!(wall.next(), Command::Speed { rate: 2.0 });
    let told = client.told("/millions/speed");
    assert!(told.iter().all(|message| message.address != "/millions/hold"), "{told:?}");
    let other = Client::at(client.wall);
    other.send("/millions/resend", &[]);
    client.told("/millions/hold");
    other.told("/millions/hold");
}

#[test]
fn ten_thousand_hostile_packets_command_nothing() {
    let wall = TestWall::start();
    let client = Client::of(&wall);
    listen(&client);
    let mut random = crate::test_wall::Random(7);
    // Whatever is cut off, what commands something is not whole.
    let mut packet = packet::bundles(&[("/millions/status/name", &"a".into()), ("/millions/quit", &1_i64.into())]);
    let whole = packet.remove(0);
    for turn in 0..10_000 {
        let mut bytes = match turn % 4 {
            0 => (0..random.below(600)).map(|_| random.byte()).collect(),
            1 => whole[..random.below(whole.len())].to_vec(),
            2 => [&b"#bundle\0"[..], &(0..random.below(200)).map(|_| random.byte()).collect::<Vec<_>>()].concat(),
            _ => [&b"/millions/listen/x\0\0,"[..], &(0..random.below(99)).map(|_| random.byte()).collect::<Vec<_>>()]
                .concat(),
        };
        if turn % 100 == 0 {
            bytes.resize(60_000, b'[');
        }
        let _ = client.socket.send_to(&bytes, client.wall);
        if turn % 50 == 0 {
            // So that the system does not drop what follows.
            thread::sleep(Duration::from_millis(1));
        }
    }
    client.send("/millions/hold", &[rosc::OscType::Int(1)]);
    assert_eq!(wall.next(), Command::Hold { on: true }, "and nothing before");
}
